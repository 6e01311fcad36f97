// ETags are versions: `"v12"` is the record after its twelfth change, so If-Match guards an edit without any hash (PLA-34).

export function etagOf(version: number): string {
  return `"v${version}"`;
}

/** Undefined for anything that `etagOf` did not write; a weak tag of ours is taken for what it names. */
export function versionOfEtag(header: string): number | undefined {
  const match = /^(?:W\/)?"v(\d{1,15})"$/.exec(header.trim());
  return match === null ? undefined : Number(match[1]);
}

/** RFC 9110, section 13.1.2: whether If-None-Match names this ETag. */
export function isSame(ifNoneMatch: string | undefined, etag: string | undefined): boolean {
  if (ifNoneMatch === undefined || etag === undefined) return false;
  const plain = (tag: string): string => tag.trim().replace(/^W\//, '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => plain(tag) === plain(etag));
}
