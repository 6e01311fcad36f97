// Made from src/keys.ts by scripts/generate.ts.
// The public halves of the platform's ticket keys, ready to verify with. Keys are published a day before they sign and stay as long as
// their tickets live, so a gate that syncs daily always has the right one.
function bytesOfPem(pem) {
    const text = atob(pem.replace(/-----[A-Z ]+-----/g, '').replace(/\s+/g, ''));
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
export function createKeys(subtle) {
    const keys = new Map();
    return {
        async learn(published) {
            for (const { kid, publicKeyPem: pem } of published) {
                if (keys.get(kid)?.pem === pem)
                    continue;
                const key = await subtle.importKey('spki', bytesOfPem(pem), { name: 'Ed25519' }, false, ['verify']);
                keys.set(kid, { pem, key });
            }
        },
        get: (kid) => keys.get(kid)?.key,
    };
}
