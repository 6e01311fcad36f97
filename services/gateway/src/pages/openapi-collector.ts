// One description of the whole API: every service describes its own part from the schemas that it validates with; here the parts
// are fetched in the background, merged, and the last known part is kept while a service is away (PLA-30).
import type { Logger } from 'pino';
import { Agent, request } from 'undici';
import type { Upstream } from '../proxy/upstream.ts';
import type { Router } from '../routing/route-table.ts';
import { mergeOpenApi, partSchema, type OpenApiDocument, type OpenApiPart } from './openapi-merge.ts';

export type OpenApiCollector = {
  document(): Promise<OpenApiDocument>;
  text(): Promise<string>;
  stop(): Promise<void>;
};

const REFRESH_EVERY_MS = 60_000;
/** Until every part is known. */
const LOOK_EVERY_MS = 1_000;
const FETCH_TIMEOUT_MS = 3_000;
const PART_MAX_BYTES = 5_000_000;

export function openApiCollector(options: {
  upstreams: readonly Upstream[];
  router: Router;
  publicBaseUrl: string;
  logger: Logger;
}): OpenApiCollector {
  const { upstreams, router, publicBaseUrl, logger } = options;
  const parts = new Map<string, OpenApiPart>();
  const agent = new Agent({ maxResponseSize: PART_MAX_BYTES });
  const fetchedAt = new Map<string, number>();
  let merged: { readonly document: OpenApiDocument; readonly text: string } | undefined;
  let looking: Promise<void> | undefined;

  async function fetchPart(upstream: Upstream): Promise<void> {
    const instance = upstream.instances.find(({ state }) => state !== 'away');
    if (instance === undefined) return;
    try {
      const { statusCode, body } = await request(`${instance.origin}/openapi.json`, {
        headersTimeout: FETCH_TIMEOUT_MS,
        bodyTimeout: FETCH_TIMEOUT_MS,
        dispatcher: agent,
      });
      if (statusCode !== 200) {
        await body.dump();
        return;
      }
      parts.set(upstream.name, partSchema.parse(await body.json()));
      fetchedAt.set(upstream.name, performance.now());
      merged = undefined;
    } catch (error) {
      logger.debug({ err: error, upstream: upstream.name }, 'its description was not to be had; the last one stays');
    }
  }

  function due({ name }: Upstream): boolean {
    const at = fetchedAt.get(name);
    return at === undefined || performance.now() - at > REFRESH_EVERY_MS;
  }

  function look(): Promise<void> {
    looking ??= Promise.all(upstreams.filter(due).map(fetchPart))
      .then(() => undefined)
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  async function current(): Promise<{ readonly document: OpenApiDocument; readonly text: string }> {
    if (parts.size < upstreams.length) await look();
    if (merged === undefined) {
      const document = mergeOpenApi(parts, { publicBaseUrl, isRouted: (path) => router.match(path) !== undefined });
      merged = { document, text: JSON.stringify(document) };
    }
    return merged;
  }

  const timer = setInterval(() => {
    if (upstreams.some(due)) void look();
  }, LOOK_EVERY_MS);
  timer.unref();

  return {
    document: async () => (await current()).document,
    text: async () => (await current()).text,
    async stop() {
      clearInterval(timer);
      await agent.destroy();
    },
  };
}
