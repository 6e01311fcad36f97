// Stored documents as the auditor reads them: by path, without trusting their shape.
export type Document = Record<string, unknown> & { _id: string };

/** Orders that have got their tickets, whatever has become of these. */
export const WITH_TICKETS: ReadonlySet<string> = new Set(['fulfilled', 'partially_refunded', 'refunded']);

export function at(document: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
      document,
    );
}
export const text = (document: unknown, path: string): string => {
  const value = at(document, path);
  return typeof value === 'string' ? value : '';
};
export const number = (document: unknown, path: string): number => Number(at(document, path) ?? 0);
export const list = (document: unknown, path: string): readonly unknown[] => {
  const value = at(document, path);
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
};
