// What the kernel offers: the vocabulary that every service shares and that depends on nothing.
export * from './business-calendar.ts';
export * from './decider.ts';
export * from './eligibility.ts';
export * from './errors.ts';
export * from './identity-documents.ts';
export * from './ids.ts';
export * from './local-dates.ts';
export * from './masking.ts';
export * from './money.ts';
export * from './phone.ts';
export * from './reminder.ts';
export * from './standing-still.ts';
export * from './ticket-number.ts';
export * from './ticket-payload.ts';
