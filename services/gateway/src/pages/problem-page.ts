// What an error code means, for whoever follows the `type` of a problem document. The platform's and the gateway's own codes are
// known here; services tell theirs in both languages with what they say about their calls.
import type { ProblemCatalogue } from '@tongpiao/service-shell';
import { z } from 'zod';
import { escape, page } from './html.ts';
import type { OpenApiDocument } from './openapi-merge.ts';

export type ProblemFacts = {
  readonly code: string;
  readonly status: number;
  readonly title: { readonly zh: string; readonly en: string };
  readonly detail: { readonly zh: string; readonly en: string };
  /** Calls that may answer so. */
  readonly calls: readonly string[];
};

const text = z.object({ zh: z.string(), en: z.string() });
const told = z.object({ status: z.int(), title: text, detail: text });

const CODE = /^[a-z]+\.[a-z0-9]+(?:-[a-z0-9]+)*$/;

export function problemFacts(
  code: string,
  catalogue: ProblemCatalogue,
  document: OpenApiDocument,
): ProblemFacts | undefined {
  if (code.length > 100 || !CODE.test(code)) return undefined;
  const known = catalogue[code] ?? told.safeParse(document.components['x-problems']?.[code]).data;
  const calls: string[] = [];
  let status = known?.status;
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      for (const [answered, { description }] of Object.entries(operation.responses ?? {})) {
        if (typeof description !== 'string' || !description.includes(`\`${code}\``)) continue;
        calls.push(`${method.toUpperCase()} ${path}`);
        status ??= Number(answered);
      }
    }
  }
  if (status === undefined) return undefined;
  const { title, detail } = known ?? { title: { zh: code, en: code }, detail: { zh: '', en: '' } };
  return { code, status, title, detail, calls };
}

/** What stands in braces is known to an answer only. */
function general(words: string): string {
  return words.replaceAll(/\{\w+\}/g, '…');
}

export function problemPage(facts: ProblemFacts, language: 'zh-CN' | 'en'): string {
  const en = language === 'en';
  const { code, status, title, detail, calls } = facts;
  const list = calls.map((call) => `<li><code>${escape(call)}</code></li>`).join('');
  const heading = en ? 'Calls that may answer so' : '可能返回此错误的接口';
  const others = en ? `<a href="?lang=zh-CN">中文</a>` : `<a href="?lang=en">English</a>`;
  const body = `<header><h1>${escape(en ? title.en : title.zh)}</h1><span><a href="/docs">API</a> · ${others}</span></header>
<p><code>${escape(code)}</code> · HTTP ${status}</p><p>${escape(general(en ? detail.en : detail.zh))}</p>
${calls.length === 0 ? '' : `<h2>${heading}</h2><ul>${list}</ul>`}`;
  return page({ language, title: `${code} – ${en ? title.en : title.zh}`, body });
}
