// What persistence offers to services.
export * from './scope.ts';
