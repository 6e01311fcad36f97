// A case as paper.
export * from './dossier.ts';
