// What a gate needs to work without network.
export * from './gate.ts';
export * from './store.ts';
export * from './sync.ts';
export type { GatePolicy, Kind, Light, ManifestPage, RevocationRow, TicketRow } from './manifest.ts';
export type * from './words.ts';
