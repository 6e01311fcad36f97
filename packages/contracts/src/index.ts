// Everything that services say to each other.
export * from './define.ts';
export * from './envelope.ts';
export * from './catalogue.ts';
export * from './finance.ts';
export * from './identity.ts';
export * from './inventory.ts';
export * from './notification.ts';
export * from './reissue.ts';
export * from './roles.ts';
export * from './sales.ts';
export * from './trust.ts';
export * from './vocabulary.ts';
