// Who may ask how often, as data, and the arithmetic of a sliding window (PLA-35). Pure: time arrives as an argument.

/**
 * The window slides by weighing: what was asked in the window before counts with the share of it that is still inside. Two
 * counters instead of a list of times; wrong by a few per cent only when requests come in bursts at a window's edge.
 */
export type LimitPolicy = {
  readonly name: string;
  readonly quota: number;
  readonly windowMs: number;
  /** Asked in Redis before the answer, so that several instances cannot be played off against each other. */
  readonly exact: boolean;
  readonly meaning: string;
};

export type PolicyName =
  | 'address'
  | 'guest-reads'
  | 'guest-writes'
  | 'user-reads'
  | 'user-writes'
  | 'client'
  | 'sign-in'
  | 'codes'
  | 'refusals'
  | 'providers';
export type LimitPolicies = Readonly<Record<PolicyName, LimitPolicy>>;

const MINUTE = 60_000;

function policy(name: PolicyName, quota: number, windowMs: number, exact: boolean, meaning: string): LimitPolicy {
  return { name, quota, windowMs, exact, meaning };
}

/**
 * Generous on purpose: behind one address there may be a school class, an office or a mobile network, and whoever is refused
 * wrongly buys elsewhere. What guessing and spamming need is rationed strictly instead.
 */
export const defaultPolicies: LimitPolicies = {
  address: policy('address', 6_000, MINUTE, false, 'everything from one address, whoever asks, but for API keys'),
  'guest-reads': policy('guest-reads', 1_200, MINUTE, false, 'reads without signing in, per address'),
  'guest-writes': policy('guest-writes', 300, MINUTE, false, 'everything else without signing in, per address'),
  'user-reads': policy('user-reads', 1_200, MINUTE, false, 'reads, per user'),
  'user-writes': policy(
    'user-writes',
    600,
    MINUTE,
    false,
    'everything else, per user; a clerk at full speed needs 100',
  ),
  client: policy('client', 12_000, MINUTE, false, 'per API key: resellers poll, gates read a ticket a second'),
  'sign-in': policy('sign-in', 60, 10 * MINUTE, true, 'attempts to sign in or to refresh, per address'),
  codes: policy('codes', 20, 10 * MINUTE, true, 'one-time codes sent, per address; each costs an SMS'),
  providers: policy(
    'providers',
    60_000,
    MINUTE,
    false,
    'payment notifications, per address; each is signed and is money',
  ),
  refusals: policy('refusals', 120, MINUTE, false, 'credentials that turned out worthless, per address'),
};

/** How much was asked in the window that is running, and in the one before. */
export type Counts = { readonly current: number; readonly previous: number };

export function windowIndex(policyOf: LimitPolicy, nowMs: number): number {
  return Math.floor(nowMs / policyOf.windowMs);
}

/** The share of the previous window that is still inside the sliding one. */
export function previousWeight({ windowMs }: LimitPolicy, nowMs: number): number {
  return 1 - (nowMs % windowMs) / windowMs;
}

export function used(policyOf: LimitPolicy, counts: Counts, nowMs: number): number {
  return counts.previous * previousWeight(policyOf, nowMs) + counts.current;
}

export function admits(policyOf: LimitPolicy, counts: Counts, nowMs: number): boolean {
  return used(policyOf, counts, nowMs) + 1 <= policyOf.quota;
}

export function remaining(policyOf: LimitPolicy, counts: Counts, nowMs: number): number {
  return Math.max(0, Math.floor(policyOf.quota - used(policyOf, counts, nowMs)));
}

/** Milliseconds until one more request is admitted, if nobody asks meanwhile. */
export function freeInMs(policyOf: LimitPolicy, { current, previous }: Counts, nowMs: number): number {
  const { quota, windowMs } = policyOf;
  const elapsed = nowMs % windowMs;
  const room = quota - 1;
  if (current <= room) {
    if (previous <= 0) return 0;
    return Math.max(0, Math.ceil((1 - (room - current) / previous) * windowMs - elapsed));
  }
  // Only in the next window, when this one has slid out far enough.
  return Math.ceil(windowMs - elapsed + Math.max(0, 1 - room / current) * windowMs);
}

/** Seconds until the counters have moved on, for the `RateLimit` header. */
export function resetSeconds({ windowMs }: LimitPolicy, nowMs: number): number {
  return Math.ceil((windowMs - (nowMs % windowMs)) / 1_000);
}

/** What is counted together: an IPv6 network of a household is one address, because it has 2^64 of them. */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** `600/60` → 600 requests in 60 seconds. */
export function withQuota(policyOf: LimitPolicy, text: string): LimitPolicy {
  const [quota = '', seconds = ''] = text.split('/');
  return { ...policyOf, quota: Number(quota), windowMs: Number(seconds) * 1_000 };
}
