// The frame of the gateway's pages, and text that cannot become markup.
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** The little Markdown that descriptions use: paragraphs and `code`. */
export function prose(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${escape(paragraph).replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</p>`)
    .join('');
}

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--dim:#777;--accent:#0b6b53}
@media(prefers-color-scheme:dark){:root{--accent:#5fd0b0;--dim:#aaa}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;flex-wrap:wrap}
h1{font-size:1.7rem;margin:.5rem 0}h2{margin:2.2rem 0 .6rem;font-size:1.25rem;border-bottom:1px solid var(--line)}
h3{font-size:.95rem;margin:1rem 0 .3rem}
a{color:var(--accent)}nav a{margin-right:.9rem;white-space:nowrap}
code,pre,.path{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em}
pre{overflow:auto;padding:.8rem;border:1px solid var(--line);border-radius:.4rem;max-height:30rem}
details.call{border:1px solid var(--line);border-radius:.4rem;margin:.4rem 0}
details.call>summary{padding:.45rem .7rem;cursor:pointer;display:flex;gap:.7rem;flex-wrap:wrap;align-items:baseline}
details.call[open]>summary{border-bottom:1px solid var(--line)}
.body{padding:.3rem 1rem 1rem}
.method{font-weight:700;font-size:.8rem;min-width:3.6rem;color:var(--accent)}
.summary,.dim{color:var(--dim)}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}
.must{color:#b3261e}`;

export function page(options: { language: 'zh-CN' | 'en'; title: string; body: string }): string {
  const { language, title, body } = options;
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>
`;
}
