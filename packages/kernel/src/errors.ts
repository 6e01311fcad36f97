// The kinds of failure that code may raise on purpose. Everything else that is thrown is a bug.
// The domain knows no HTTP status: one table at the edge turns codes into answers.

/** Facts that help the caller to act on a refusal; never personal data. */
export type ErrorData = Readonly<Record<string, unknown>>;

/** A caller's mistake or a refused wish. `code` is `<service>.<kebab-reason>` and stable for ever. */
export class DomainError extends Error {
  override readonly name: string = 'DomainError';
  readonly code: string;
  readonly data: ErrorData;

  constructor(code: string, detail: string, data: ErrorData = {}) {
    super(detail);
    this.code = code;
    this.data = data;
  }
}

/** A true message or request that came too early: HTTP 409; on the bus it is tried again later. */
export class NotYet extends DomainError {
  override readonly name: string = 'NotYet';
}

/** Something outside did not answer as it should; the same attempt may succeed later. */
export class TransientError extends Error {
  override readonly name: string = 'TransientError';
  readonly code: string;

  constructor(code: string, detail: string, options?: { cause?: unknown }) {
    super(detail, options);
    this.code = code;
  }
}

/** A message that breaks its contract. It can never succeed and is parked at once. */
export class ContractBreach extends Error {
  override readonly name: string = 'ContractBreach';
  readonly code: string;

  constructor(code: string, detail: string, options?: { cause?: unknown }) {
    super(detail, options);
    this.code = code;
  }
}

/** Proves to the compiler and at run time that every member of a union was handled. */
export function unreachable(value: never, what: string): never {
  throw new Error(`unreachable ${what}: ${JSON.stringify(value)}`);
}
