// Answers as values: the protocol files return them, the front writes them.

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
};

export const json = (status: number, content: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify(content),
});

export const html = (body: string): Reply => ({
  status: 200,
  // The pages show what strangers sent; nothing in them may load or run but our own few lines.
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy':
      "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'; form-action 'self'",
    'cache-control': 'no-store',
  },
  body,
});

/** What browsers show without running anything in it; all else is offered for keeping. */
const shown = new Set(['application/pdf', 'image/png', 'image/jpeg']);

export const file = (content: Buffer, mimeType: string, filename: string): Reply => {
  const safe = shown.has(mimeType);
  return {
    status: 200,
    headers: {
      'content-type': safe ? mimeType : 'application/octet-stream',
      'content-disposition': `${safe ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(filename)}`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
    body: content,
  };
};

export const redirect = (location: string): Reply => ({ status: 303, headers: { location }, body: '' });
