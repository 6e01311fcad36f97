// The frame of the pages: works offline, in Chinese and English, light and dark. Everything shown came from outside, so
// every value goes through `escape`.

export type Language = 'zh' | 'en';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

/** An explicit choice in the query wins over the browser's languages; Chinese is the default. */
export const languageOf = (query: URLSearchParams, acceptLanguage: string | undefined): Language => {
  const asked = query.get('lang') ?? acceptLanguage ?? '';
  return /^en/i.test(asked) ? 'en' : 'zh';
};

const style = `
:root{color-scheme:light dark;--line:#8883;--soft:#8881;--accent:#0a7d5a}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;margin:0 auto;max-width:72rem;padding:1.5rem}
header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;border-bottom:3px solid var(--accent);margin-bottom:1rem}
h1{font-size:1.3rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:600;background:var(--soft)}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td.when{white-space:nowrap;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}.empty{opacity:.6}.mark{border-radius:1rem;padding:.05rem .6rem;background:var(--soft);white-space:nowrap}
.paid{background:#0a7d5a33}.closed,.failed{background:#b3261e33}
.card{max-width:26rem;margin:10vh auto;border:1px solid var(--line);border-radius:.8rem;padding:1.5rem;text-align:center}
.amount{font-size:2.4rem;font-weight:700;margin:.5rem 0}
button{font:inherit;padding:.6rem 1.6rem;border-radius:.5rem;border:1px solid var(--line);cursor:pointer;margin:.3rem}
button.go{background:var(--accent);color:#fff;border-color:var(--accent)}
iframe{width:100%;min-height:24rem;border:1px solid var(--line);background:#fff}pre{white-space:pre-wrap}`;

/** @param main trusted markup in which every foreign value has been escaped */
export const page = (language: Language, title: string, main: string, script = ''): string =>
  `<!doctype html><html lang="${language === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8">` +
  `<meta name="viewport" content="width=device-width,initial-scale=1"><title>${escape(title)}</title><style>${style}</style></head>` +
  `<body>${main}${script === '' ? '' : `<script>${script}</script>`}</body></html>`;
