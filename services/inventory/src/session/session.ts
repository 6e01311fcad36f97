// A session (场次): a product's sellable slot. This document holds its settings and their journal; its counters live in the
// site-day (INV-01).

type Settings = {
  readonly calendarId: string;
  readonly productId: string;
  readonly siteId: string;
  readonly date: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly capacity: number;
};

export type SessionState = { readonly status: 'none' } | (Settings & { readonly status: 'open' | 'closed' });

export type SessionCommand =
  | ({ readonly type: 'OpenSession' } & Settings)
  | { readonly type: 'ChangeCapacity'; readonly capacity: number; readonly reason: string }
  | { readonly type: 'SetStatus'; readonly status: 'open' | 'closed'; readonly reason: string };

export type SessionEvent =
  | ({ readonly type: 'SessionOpened' } & Settings)
  | { readonly type: 'SessionCapacityChanged'; readonly capacity: number; readonly reason: string }
  | { readonly type: 'SessionStatusChanged'; readonly status: 'open' | 'closed'; readonly reason: string };
