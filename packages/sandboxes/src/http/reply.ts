// Answers as values: the protocol files return them, the front writes them.

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
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
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'; form-action 'self'",
    'cache-control': 'no-store',
  },
  body,
});

export const redirect = (location: string): Reply => ({ status: 303, headers: { location }, body: '' });
