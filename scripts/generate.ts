// `npm run generate`: what is written from code, one after another: the messages' schemas, examples and AsyncAPI, then the settings' examples.
await import('../packages/contracts/scripts/generate.ts');
await import('./env-examples.ts');
