// Which service answers which path, as data, and a matcher that was prepared for it: it runs for every request, so it compares
// one segment with one map and builds nothing.

/** Services behind the gateway. */
export const backends = ['identity', 'sales', 'inventory', 'finance', 'notification', 'reissue'] as const;
export type Backend = (typeof backends)[number];

export type RouteRule = {
  /** First segment after `/api/v1/`, that with a third one (`/api/v1/sites/:id/occupancy`), or a whole path. */
  readonly path: string;
  readonly to: Backend;
  /** Default: `BODY_MAX_BYTES`. */
  readonly maxBodyBytes?: number;
  /** How requests are counted. Default: by caller. */
  readonly counted?: Counted;
};

/** Payment providers call from few addresses and often; `sign-in` routes have policies for single calls. */
export type Counted = 'by-caller' | 'as-provider' | 'sign-in';

/** More than any JSON that services take; they have bounds of their own per call. */
const BODY_MAX_BYTES = 1_048_576;
/** A day's scans of one gate that was offline. */
const UPLOAD_MAX_BYTES = 8 * 1_048_576;
/** Fifty thousand tickets with corrected data. */
const LIST_MAX_BYTES = 8 * 1_048_576;
/** REI-03: the most that a tenant may allow for a photo or PDF; its own bound is reissue's to keep. */
const ATTACHMENT_MAX_BYTES = 20 * 1_048_576;

const API = '/api/v1/';

export const routeRules: readonly RouteRule[] = [
  { path: '/api/v1/auth', to: 'identity', counted: 'sign-in' },
  { path: '/api/v1/tenants', to: 'identity' },
  { path: '/api/v1/sites', to: 'identity' },
  { path: '/api/v1/sites/:id/occupancy', to: 'sales' },
  { path: '/api/v1/sites/:id/occupancy-corrections', to: 'sales' },
  { path: '/api/v1/users', to: 'identity' },
  { path: '/api/v1/api-keys', to: 'identity' },
  { path: '/.well-known/jwks.json', to: 'identity' },
  { path: '/api/v1/products', to: 'sales' },
  { path: '/api/v1/quotes', to: 'sales' },
  { path: '/api/v1/orders', to: 'sales' },
  { path: '/api/v1/own-orders', to: 'sales' },
  { path: '/api/v1/tickets', to: 'sales' },
  { path: '/api/v1/session-cancellations', to: 'sales' },
  { path: '/api/v1/refund-exceptions', to: 'sales' },
  { path: '/api/v1/refund-presets', to: 'sales' },
  { path: '/api/v1/check-ins', to: 'sales' },
  { path: '/api/v1/gates', to: 'sales', maxBodyBytes: UPLOAD_MAX_BYTES },
  { path: '/api/v1/gate-incidents', to: 'sales' },
  { path: '/.well-known/ticket-keys.json', to: 'sales' },
  { path: '/api/v1/session-calendars', to: 'inventory' },
  { path: '/api/v1/sessions', to: 'inventory' },
  { path: '/api/v1/site-days', to: 'inventory' },
  { path: '/api/v1/payments', to: 'finance' },
  { path: '/api/v1/refunds', to: 'finance' },
  { path: '/api/v1/ledger', to: 'finance' },
  { path: '/api/v1/payment-notifications', to: 'finance', counted: 'as-provider' },
  { path: '/api/v1/messages', to: 'notification' },
  { path: '/api/v1/reissue-applications', to: 'reissue' },
  { path: '/api/v1/own-reissue-applications', to: 'reissue' },
  { path: '/api/v1/reissue-batches', to: 'reissue', maxBodyBytes: LIST_MAX_BYTES },
  { path: '/api/v1/reissue-applications/:id/attachments', to: 'reissue', maxBodyBytes: ATTACHMENT_MAX_BYTES },
  { path: '/api/v1/reissue-policy', to: 'reissue' },
  { path: '/api/v1/reissue-analysis', to: 'reissue' },
  { path: '/api/v1/reissue-errors', to: 'reissue' },
];

/** `/api/v1/events?subject=<kind>:<id>`: who tells the story of what. */
const eventSubjects: Readonly<Record<string, Backend>> = {
  order: 'sales',
  ticket: 'sales',
  disruption: 'sales',
  reissue: 'reissue',
  'reissue-batch': 'reissue',
};

export type Match = {
  /** Shown in figures and logs; never the path itself. */
  readonly route: string;
  readonly to: Backend;
  readonly maxBodyBytes: number;
  readonly counted: Counted;
  /** Answers are open as long as their readers want. */
  readonly opensStream: boolean;
};

export type Router = {
  /** @param url path with query, as in the request line */
  match(url: string): Match | undefined;
};

export function createRouter(rules: readonly RouteRule[] = routeRules): Router {
  const segments = new Map<string, Match>();
  const thirds = new Map<string, Map<string, Match>>();
  const paths = new Map<string, Match>();
  const operations = new Map<string, Match>();
  const subjects = new Map<string, Match>();
  for (const { path, to, maxBodyBytes = BODY_MAX_BYTES, counted = 'by-caller' } of rules) {
    const match: Match = { route: path, to, maxBodyBytes, counted, opensStream: false };
    const [segment = '', third] = path.startsWith(API) ? path.slice(API.length).split('/:id/') : [];
    if (third !== undefined) thirds.set(segment, (thirds.get(segment) ?? new Map<string, Match>()).set(third, match));
    else if (path.startsWith(API)) segments.set(segment, match);
    else paths.set(path, match);
  }
  for (const to of backends) {
    const route = `${API}operations/${to}`;
    operations.set(to, { route, to, maxBodyBytes: BODY_MAX_BYTES, counted: 'by-caller', opensStream: false });
  }
  for (const [kind, to] of Object.entries(eventSubjects)) {
    subjects.set(kind, { route: `${API}events`, to, maxBodyBytes: 0, counted: 'by-caller', opensStream: true });
  }

  return {
    match(url) {
      const query = url.indexOf('?');
      const end = query < 0 ? url.length : query;
      if (!url.startsWith(API)) return paths.get(query < 0 ? url : url.slice(0, end));
      // Dots and empty segments mean other paths to other programs; here they mean nothing.
      if (strays(url, end)) return undefined;
      const slash = url.indexOf('/', API.length);
      const cut = slash < 0 || slash > end ? end : slash;
      const segment = url.slice(API.length, cut);
      const match = segments.get(segment);
      const others = cut < end ? thirds.get(segment) : undefined;
      const other = others?.get(thirdOf(url, cut, end));
      if (other !== undefined) return other;
      if (match !== undefined) return match;
      if (segment === 'operations' && cut < end) {
        const next = url.indexOf('/', cut + 1);
        return operations.get(url.slice(cut + 1, next < 0 || next > end ? end : next));
      }
      if (segment === 'events' && cut === end && query >= 0) return subjects.get(kindOf(url.slice(query + 1)));
      return undefined;
    },
  };
}

function strays(url: string, end: number): boolean {
  const dot = url.indexOf('/.', API.length - 1);
  if (dot >= 0 && dot < end) return true;
  const empty = url.indexOf('//', API.length - 1);
  return empty >= 0 && empty < end;
}

/** The third segment, whatever follows it: `/sites/sit_1/occupancy`. */
function thirdOf(url: string, cut: number, end: number): string {
  const before = url.indexOf('/', cut + 1);
  if (before < 0 || before >= end) return '';
  const after = url.indexOf('/', before + 1);
  return url.slice(before + 1, after < 0 || after > end ? end : after);
}

function kindOf(query: string): string {
  const subject = new URLSearchParams(query).get('subject') ?? '';
  const colon = subject.indexOf(':');
  return colon < 0 ? '' : subject.slice(0, colon);
}
