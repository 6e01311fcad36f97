// What tests stand on.
export * from './decider-specification.ts';
export * from './eventually.ts';
export * from './test-servers.ts';
export * from './what-leads-to-somebody.ts';
