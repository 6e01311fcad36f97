// Made from src/index.ts by scripts/generate.ts.
// What a gate needs to work without network.
export * from "./gate.js";
export * from "./store.js";
export * from "./sync.js";
