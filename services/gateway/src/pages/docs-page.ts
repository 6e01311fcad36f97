// The API for people, from the same document that machines read. Rendered here and without any script, so that it works offline,
// prints well, and nothing on it can be made to run.
import { escape, page, prose } from './html.ts';
import type { OpenApiDocument, Operation } from './openapi-merge.ts';

type Language = 'zh-CN' | 'en';

const WORDS = {
  'zh-CN': {
    title: '通票 API 文档',
    machine: '机器可读',
    other: 'English',
    otherCode: 'en',
    intro: `通票 API 面向旅客网站、窗口、闸机与分销商。

先用 \`POST /api/v1/auth/sessions\` 登录取得访问令牌（\`Authorization: Bearer …\`）；闸机与分销商使用 \`X-Api-Key\`。旅客无需登录即可下单，订单返回的 \`accessToken\` 只打开这一个订单。

每个创建或变更的 POST 都需要请求头 \`Idempotency-Key\`（至少 22 个字符的随机值）：以同一个值重试总是安全的。耗时的操作返回 202；加上 \`Prefer: wait=10\` 则最多等待 10 秒直接返回结果。错误为 RFC 9457 问题文档，\`code\` 永不改变。限流信息见 \`RateLimit\` 响应头，收到 429 或 503 时请按 \`Retry-After\` 重试。金额以分为单位。`,
    parameters: '参数',
    body: '请求正文',
    answers: '响应',
    required: '必填',
    name: '名称',
    place: '位置',
    meaning: '说明',
    empty: '服务正在启动，尚无接口说明。请稍后刷新。',
    schemas: '数据结构',
  },
  en: {
    title: 'Tongpiao API',
    machine: 'for machines',
    other: '中文',
    otherCode: 'zh-CN',
    intro: `The API of Tongpiao, for travellers' sites, counters, gates and resellers.

Sign in with \`POST /api/v1/auth/sessions\` and send the access token as \`Authorization: Bearer …\`; gates and resellers send \`X-Api-Key\`. Travellers may order without signing in: the order's \`accessToken\` opens that one order.

Every POST that creates or moves something takes the header \`Idempotency-Key\`, a random value of at least 22 characters: repeating a request with it is always safe. What takes time answers 202; with \`Prefer: wait=10\` the final result comes within ten seconds where possible. Errors are RFC 9457 problem documents whose \`code\` never changes. Limits are told in the header \`RateLimit\`; after 429 or 503 wait for \`Retry-After\`. Amounts are integer fen.`,
    parameters: 'Parameters',
    body: 'Request body',
    answers: 'Answers',
    required: 'required',
    name: 'Name',
    place: 'In',
    meaning: 'Meaning',
    empty: 'The services are starting and have not described themselves yet. Reload in a moment.',
    schemas: 'Schemas',
  },
} as const;

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function resolved(
  document: OpenApiDocument,
  value: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const match = /^#\/components\/([^/]+)\/(.+)$/.exec(text(value['$ref']));
  return match === null ? value : record(document.components[match[1] ?? '']?.[match[2] ?? '']);
}

/** A schema in one line: what a reader wants to see first. */
function typeOf(schema: Readonly<Record<string, unknown>>): string {
  const reference = /^#\/components\/schemas\/(.+)$/.exec(text(schema['$ref']));
  if (reference !== null) return reference[1] ?? '';
  if (Array.isArray(schema['enum'])) return schema['enum'].map((item) => JSON.stringify(item)).join(' | ');
  if (schema['const'] !== undefined) return JSON.stringify(schema['const']);
  if (schema['type'] === 'array') return `${typeOf(record(schema['items']))}[]`;
  const union = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(union)) return union.map((item) => typeOf(record(item))).join(' | ');
  return [text(schema['type']) || 'any', text(schema['format'])].filter((part) => part !== '').join(', ');
}

function parameterRows(document: OpenApiDocument, operation: Operation, language: Language): string {
  const words = WORDS[language];
  const rows = (operation.parameters ?? []).map((raw) => {
    const parameter = resolved(document, raw);
    const must = parameter['required'] === true ? ` <span class="must">${words.required}</span>` : '';
    const schema = record(parameter['schema']);
    const meaning = text(parameter['description']) || text(schema['description']);
    return `<tr><td><code>${escape(text(parameter['name']))}</code>${must}</td><td>${escape(text(parameter['in']))}</td><td><code>${escape(typeOf(schema))}</code> ${escape(meaning)}</td></tr>`;
  });
  if (rows.length === 0) return '';
  return `<h3>${words.parameters}</h3><table><tr><th>${words.name}</th><th>${words.place}</th><th>${words.meaning}</th></tr>${rows.join('')}</table>`;
}

function contentOf(value: unknown): string {
  return Object.entries(record(record(value)['content']))
    .map(([type, media]) => {
      const schema = record(media)['schema'];
      const shown = schema === undefined ? '' : `<pre>${escape(JSON.stringify(schema, null, 2))}</pre>`;
      return `<p class="dim"><code>${escape(type)}</code></p>${shown}`;
    })
    .join('');
}

function responses(operation: Operation): string {
  return Object.entries(operation.responses ?? {})
    .map(([status, answer]) => {
      const description = prose(text(answer['description'])).replaceAll(
        /<code>([a-z]+\.[a-z0-9-]+)<\/code>/g,
        '<a href="/problems/$1"><code>$1</code></a>',
      );
      const success = status.startsWith('2');
      return `<tr><td><code>${escape(status)}</code></td><td>${description}${success ? contentOf(answer) : ''}</td></tr>`;
    })
    .join('');
}

function call(
  document: OpenApiDocument,
  path: string,
  method: string,
  operation: Operation,
  language: Language,
): string {
  const words = WORDS[language];
  const body =
    operation.requestBody === undefined
      ? ''
      : `<h3>${words.body}</h3>${contentOf(resolved(document, operation.requestBody))}`;
  return `<details class="call" id="${escape(operation.operationId ?? `${method}-${path}`)}"><summary><span class="method">${escape(method.toUpperCase())}</span><span class="path">${escape(path)}</span><span class="summary">${escape(operation.summary ?? '')}</span></summary><div class="body">${prose(operation.description ?? '')}${parameterRows(document, operation, language)}${body}<h3>${words.answers}</h3><table>${responses(operation)}</table></div></details>`;
}

export function docsPage(document: OpenApiDocument, language: Language): string {
  const words = WORDS[language];
  const calls = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation, tag: operation.tags?.[0] ?? '' })),
  );
  const byTag = [...Map.groupBy(calls, ({ tag }) => tag)].sort(([a], [b]) => (a < b ? -1 : 1));
  const contents = byTag.map(([tag]) => `<a href="#tag-${escape(tag)}">${escape(tag)}</a>`).join('');
  const sections = byTag.map(
    ([tag, list]) =>
      `<h2 id="tag-${escape(tag)}">${escape(tag)}</h2>${list.map(({ path, method, operation }) => call(document, path, method, operation, language)).join('')}`,
  );
  const schemas = Object.entries(document.components['schemas'] ?? {}).map(
    ([name, schema]) =>
      `<details class="call" id="schema-${escape(name)}"><summary><span class="path">${escape(name)}</span></summary><div class="body"><pre>${escape(JSON.stringify(schema, null, 2))}</pre></div></details>`,
  );
  const body = `<header><h1>${words.title} <span class="dim">${escape(document.info.version)}</span></h1><span><a href="/openapi.json">OpenAPI 3.1 (${words.machine})</a> · <a href="/docs?lang=${words.otherCode}">${words.other}</a></span></header>
${prose(words.intro)}<nav>${contents}</nav>
${sections.length === 0 ? `<p>${words.empty}</p>` : sections.join('\n')}
${schemas.length === 0 ? '' : `<h2>${words.schemas}</h2>${schemas.join('')}`}`;
  return page({ language, title: words.title, body });
}
