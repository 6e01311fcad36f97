// Several OpenAPI documents become one. Pure. Equal names with equal content are one thing; equal names with different content
// are told apart by the service that they come from.
import { z } from 'zod';

const json = z.record(z.string(), z.unknown());
const operationSchema = z.looseObject({
  operationId: z.string().optional(),
  summary: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
  parameters: z.array(json).optional(),
  requestBody: json.optional(),
  responses: z.record(z.string(), json).optional(),
});
export type Operation = z.infer<typeof operationSchema>;

const pathSchema = z.record(z.string(), operationSchema);
export const partSchema = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ version: z.string() }),
  paths: z.record(z.string(), pathSchema),
  components: z.record(z.string(), json).default({}),
});
export type OpenApiPart = z.infer<typeof partSchema>;

export type OpenApiDocument = {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

const DESCRIPTION = `通票 API：景区与车站的票务平台。所有金额以分为单位，时间为带时区的 RFC 3339；错误为 RFC 9457 问题文档；
每个创建或变更的 POST 请求都需要 \`Idempotency-Key\`，重试总是安全的。

The API of Tongpiao, a ticketing platform for scenic sites and bus stations. Amounts are integer fen, times are RFC 3339 with
offset, errors are RFC 9457 problem documents; every POST that creates or moves something takes an \`Idempotency-Key\`, so
retrying is always safe.`;

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, unknown] =>
      key === '$ref' && typeof item === 'string' ? [key, names.get(item) ?? item] : [key, renamed(item, names)],
    ),
  );
}

/**
 * @param parts by service, in the order in which they shall appear
 * @param isRouted paths that the gateway does not route are of no use to anybody outside
 */
export function mergeOpenApi(
  parts: ReadonlyMap<string, OpenApiPart>,
  options: { publicBaseUrl: string; isRouted: (path: string) => boolean },
): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  const components: Record<string, Record<string, unknown>> = {};
  const operationIds = new Set<string>();
  let version = '0.1.0';
  for (const [service, part] of parts) {
    ({ version } = part.info);
    const names = new Map<string, string>();
    for (const [kind, entries] of Object.entries(part.components)) {
      for (const [name, entry] of Object.entries(entries)) {
        const known = components[kind]?.[name];
        if (known === undefined || JSON.stringify(known) === JSON.stringify(entry)) continue;
        names.set(`#/components/${kind}/${name}`, `#/components/${kind}/${service}.${name}`);
      }
    }
    for (const [kind, entries] of Object.entries(part.components)) {
      const merged = (components[kind] ??= {});
      for (const [name, entry] of Object.entries(entries)) {
        const clash = names.has(`#/components/${kind}/${name}`);
        merged[clash ? `${service}.${name}` : name] = renamed(entry, names);
      }
    }
    for (const [path, item] of Object.entries(part.paths)) {
      // A sample of a path: what stands in braces is never the first segment.
      if (!options.isRouted(path) && !options.isRouted(`${path}?subject=order:`)) continue;
      const merged = (paths[path] ??= {});
      for (const [method, operation] of Object.entries(item)) {
        const own = pathSchema.parse({ [method]: renamed(operation, names) })[method];
        if (own === undefined || merged[method] !== undefined) continue;
        if (own.operationId !== undefined && operationIds.has(own.operationId)) own.operationId += `_${service}`;
        if (own.operationId !== undefined) operationIds.add(own.operationId);
        merged[method] = { ...own, tags: own.tags ?? [service] };
      }
    }
  }
  const sorted = Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
  const tags = [
    ...new Set(Object.values(sorted).flatMap((item) => Object.values(item).flatMap(({ tags: of }) => of ?? []))),
  ];
  return {
    openapi: '3.1.0',
    info: { title: '通票 Tongpiao', version, description: DESCRIPTION },
    servers: [{ url: options.publicBaseUrl }],
    tags: tags.sort().map((name) => ({ name })),
    paths: sorted,
    components,
  };
}
