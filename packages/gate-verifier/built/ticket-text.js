// Made from src/ticket-text.ts by scripts/generate.ts.
// Reads what is printed on a ticket: its number with the check character, and the QR token `TP1.<key>.<payload>.<signature>`.
// Written anew and not imported from the platform's kernel, because a gate's firmware takes this package alone; the spec compares both.
/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const NUMBER_LENGTH = 15;
const TYPED_MAX = 40;
/** QR version 10 at level M. */
const TOKEN_MAX = 311;
const PAYLOAD_MAX = 190;
const FIELD_COUNT = 12;
const TOKEN_PATTERN = /^(TP1\.([0-9A-Z]{2,12})\.([0-9A-Z$*:/-]+))\.([0-9A-HJKMNP-TV-Z]{103})$/;
/** O is read as 0, I and L as 1: nobody can tell them apart on thermal paper. */
function fold(text) {
    return text.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1');
}
/**
 * Zero for a number whose check character fits: Σ aᵢ·2^(14−i) + 2^15 in GF(32) = GF(2)[x]/(x⁵+x²+1).
 * @param text spelled in the alphabet
 */
function checkSum(text) {
    let sum = 1;
    for (const character of text)
        sum = (sum << 1) ^ (sum >= 16 ? 0b100101 : 0) ^ ALPHABET.indexOf(character);
    return sum;
}
/**
 * A ticket number as typed, scanned or printed; lower case, blanks, hyphens and full-width characters do not matter.
 * @returns 15 upper-case characters, or undefined for what cannot be a ticket number
 */
export function readTicketNumber(text) {
    if (text.length > TYPED_MAX)
        return undefined;
    const number = fold(text.normalize('NFKC').replace(/[\s-]+/gu, ''));
    if (number.length !== NUMBER_LENGTH)
        return undefined;
    for (const character of number)
        if (!ALPHABET.includes(character))
            return undefined;
    return checkSum(number) === 0 ? number : undefined;
}
/** 64 bytes as 103 characters. One value has one text: spare bits are zero. */
function bytesOf(text) {
    const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
    let bits = 0;
    let value = 0;
    let written = 0;
    for (const character of text) {
        value = (value << 5) | ALPHABET.indexOf(character);
        bits += 5;
        if (bits < 8)
            continue;
        bits -= 8;
        bytes[written] = value >>> bits;
        written += 1;
        value &= (1 << bits) - 1;
    }
    return value === 0 ? bytes : undefined;
}
/** @returns undefined for what is no token of the platform, whoever signed it */
export function readToken(text) {
    if (text.length > TOKEN_MAX)
        return undefined;
    const [, signed, kid, payload, spelled] = TOKEN_PATTERN.exec(text) ?? [];
    if (signed === undefined || kid === undefined || payload === undefined || spelled === undefined)
        return undefined;
    const signature = bytesOf(spelled);
    return signature === undefined ? undefined : { kid, signed: new TextEncoder().encode(signed), signature, payload };
}
/** `REST` has the expected prefix and shard, `PREFIX:REST` the shard only, `/PREFIX:REST` is any other id. */
function readId(text, prefix, shard) {
    const lower = text.toLowerCase();
    if (lower.startsWith('/'))
        return lower.slice(1).replace(/:/g, '_');
    const [before = '', after] = lower.split(':', 2);
    return after === undefined ? `${prefix}_${shard}${lower}` : `${before}_${shard}${after}`;
}
function readWhole(text) {
    return text !== undefined && /^[0-9A-Z]{1,8}$/.test(text) ? Number.parseInt(text, 36) : undefined;
}
/**
 * Reads a payload whose signature was found good: what was signed is what the platform wrote, so the form is not proved again.
 * @returns undefined for a payload of a form that this version does not know
 */
export function readPayload(text) {
    const fields = text.split('*');
    if (text.length > PAYLOAD_MAX || fields.length !== FIELD_COUNT)
        return undefined;
    const [tenant = '', sites = '', ownNumber = '', revisionText] = fields;
    const tenantId = readId(tenant, 'ten', '');
    const shard = tenantId.slice(-2);
    const number = readTicketNumber(fold(shard).replace(/U/g, 'V') + ownNumber);
    const revision = readWhole(revisionText);
    const from = readWhole(fields[8]);
    const duration = readWhole(fields[9]);
    const entries = readWhole(fields[10]);
    if (number === undefined || revision === undefined || from === undefined)
        return undefined;
    if (duration === undefined || entries === undefined)
        return undefined;
    return {
        tenantId,
        siteIds: sites === '' ? [] : sites.split('$').map((site) => readId(site, 'site', shard)),
        number,
        revision,
        validFromMs: from * 1_000,
        validUntilMs: (from + duration) * 1_000,
        entries,
        realName: fields[11] === '1',
    };
}
