// Made from src/documents.ts by scripts/generate.ts.
const TAG_BYTES = 3;
export const documentTag = (date, tag) => `${date}:${tag}`;
/** The platform's one spelling of a number: half-width, without blanks, upper case; brackets of a Taiwan permit are ornament. */
export function spelledDocument(idType, idNumber) {
    const number = idNumber.normalize('NFKC').replace(/\s+/gu, '').toUpperCase();
    return `${idType}:${idType === 'taiwan_permit' ? number.replace(/[()]/g, '') : number}`;
}
function bytesOf(base64url) {
    const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
/** Three bytes are four characters, without padding. */
function textOf(bytes) {
    return btoa(String.fromCharCode(...bytes))
        .replace(/\+/g, '-')
        .replace(/\//g, '_');
}
export function createDocumentKeys(subtle) {
    const known = new Map();
    return {
        async learn(keys) {
            const [first] = Object.keys(keys).sort();
            for (const date of [...known.keys()])
                if (first !== undefined && date < first)
                    known.delete(date);
            for (const [date, text] of Object.entries(keys)) {
                if (known.get(date)?.text === text)
                    continue;
                const algorithm = { name: 'HMAC', hash: 'SHA-256' };
                known.set(date, { text, key: await subtle.importKey('raw', bytesOf(text), algorithm, false, ['sign']) });
            }
        },
        async tagsOf(idType, idNumber) {
            const text = new TextEncoder().encode(spelledDocument(idType, idNumber));
            return Promise.all([...known].map(async ([date, { key }]) => {
                const bytes = new Uint8Array(await subtle.sign('HMAC', key, text));
                return documentTag(date, textOf(bytes.slice(0, TAG_BYTES)));
            }));
        },
    };
}
