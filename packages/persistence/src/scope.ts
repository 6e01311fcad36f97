// A scope says whose data may be touched, and on whose behalf. Every read and write asks for one, so that forgetting the
// tenant is a compile error, and a made-up object is a run-time error (PLA-02).
import { PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import type { Logger } from 'pino';

/** Who or what is behind a change; it goes into the journal (PLA-20) and onto outgoing messages (PLA-44). */
export type Origin = {
  /** User, API key, `guest`, or `service:<name>`. */
  readonly by: string;
  /** web, app, counter, kiosk, gate, ota, message, timer. */
  readonly channel: string;
  /** `by` is the account of somebody who buys and travels: it goes when their data go. */
  readonly ofCustomer?: true;
  readonly address?: string;
  /** Id of the request or message that causes the change. */
  readonly cause: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** Nobody waits for it: what it writes yields to what somebody waits for, here and wherever its messages lead. */
  readonly background?: true;
};

const made = new WeakSet<Scope>();

export class Scope {
  readonly tenantId: TenantId;
  readonly origin: Origin;
  /** True when the scope may see every tenant's records. */
  readonly acrossTenants: boolean;

  private constructor(tenantId: TenantId, origin: Origin, acrossTenants: boolean) {
    this.tenantId = tenantId;
    this.origin = origin;
    this.acrossTenants = acrossTenants;
    made.add(this);
  }

  /** The usual scope: one tenant. */
  static ofTenant(tenantId: TenantId, origin: Origin): Scope {
    if (tenantId.length === 0) throw new Error('a scope needs a tenant');
    return new Scope(tenantId, origin, false);
  }

  /** Crossing tenants is an act of its own, with a reason that is logged (PLA-02). */
  static acrossTenants(reason: string, origin: Origin, logger: Logger): Scope {
    logger.info({ reason, by: origin.by, cause: origin.cause }, 'crossing tenants');
    return new Scope(PLATFORM_TENANT, origin, true);
  }

  /** The same for work on thousands, which whoever buys must not feel. */
  inBackground(): Scope {
    return new Scope(this.tenantId, { ...this.origin, background: true }, this.acrossTenants);
  }

  /** @throws Error for anything that was not made by one of the constructors above. */
  static assert(scope: Scope): void {
    if (!made.has(scope)) throw new Error('refused: no tenant in context');
  }
}
