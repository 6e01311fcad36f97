// What persistence offers to services.
export * from './aggregate-store.ts';
export { auditDatabase, type AuditedPage } from './audit.ts';
export * from './bus-seal.ts';
export { keyFromBase64, mac, secretKey, sha256, type SecretKey } from './cryptography.ts';
export * from './database.ts';
export * from './faults.ts';
export * from './journal.ts';
export * from './leases.ts';
export * from './new-id.ts';
export * from './outbox.ts';
export { ERASED, withoutPerson } from './personal.ts';
export * from './records.ts';
export * from './relay.ts';
export * from './rewrap.ts';
export * from './scope.ts';
export * from './vault.ts';
export * from './views.ts';
