// Made from src/words.ts by scripts/generate.ts.
// The words of a gate that works without network: what is scanned, what is answered, what is kept to be handed in. The reasons are
// the server's own (SAL-40), so that a screen shows the same words whether or not there is a network.
export {};
