// What the kernel offers: the vocabulary that every service shares and that depends on nothing.
export * from './decider.ts';
export * from './errors.ts';
export * from './ids.ts';
export * from './money.ts';
