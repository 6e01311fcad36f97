// A tenant with its sites and gates: one document, because a gate without its site or a site without its tenant means nothing,
// and because others want the whole of it in one message (PLA-01). One page of words.
import type { Bilingual, Role, SiteCapacity } from '@tongpiao/contracts';

type TenantKind = 'scenic' | 'station' | 'authority';

/** How the public reaches the organisation; not personal data. */
type TenantContact = {
  readonly hotline: string;
  readonly email?: string | undefined;
  readonly address?: Bilingual | undefined;
};

type TenantPolicies = {
  /** After so many hours staff sign in again, however busy they were. */
  readonly staffSessionHours: number;
  /** Who holds one of these roles needs a second factor: without it a session opens nothing but setting one up. */
  readonly totpRoles?: readonly Role[] | undefined;
  /** PLA-12: for so many years it keeps who has bought what; the platform's default unless told. */
  readonly ordersKeptYears?: number | undefined;
};

export type TenantSettings = {
  readonly kind: TenantKind;
  readonly name: Bilingual;
  readonly timeZone: string;
  readonly contact: TenantContact;
  /** Demo tenants may use the sandbox payment method; fixed when the tenant is founded. */
  readonly demo: boolean;
  readonly smsSignature: string;
  readonly policies: TenantPolicies;
};

type TenantStatus = 'active' | 'suspended';

type Gate = { readonly id: string; readonly name: Bilingual };
export type Site = {
  readonly id: string;
  readonly name: Bilingual;
  readonly gates: readonly Gate[];
  /** How many people it carries (SAL-43). */
  readonly capacity?: SiteCapacity | undefined;
};

/** What is news of a site; what is not named stays as it is. */
export type SiteChanges = { readonly name?: Bilingual | undefined; readonly capacity?: SiteCapacity | undefined };

/** What may change later; kind, currency and demo may not, because sold tickets and booked money depend on them. */
export type TenantChanges = {
  readonly name?: Bilingual | undefined;
  readonly timeZone?: string | undefined;
  readonly contact?: TenantContact | undefined;
  readonly smsSignature?: string | undefined;
  readonly policies?: TenantPolicies | undefined;
  readonly status?: TenantStatus | undefined;
};

export type Tenant = TenantSettings & {
  readonly status: TenantStatus;
  readonly currency: 'CNY';
  readonly sites: readonly Site[];
  /** Grows with every change: what `ETag` and `If-Match` compare (PLA-34). */
  readonly edition: number;
};
export type TenantState = { readonly status: 'none' } | Tenant;

/** `expected`: the edition that the editor has read. */
export type TenantCommand =
  | { readonly type: 'CreateTenant'; readonly settings: TenantSettings }
  | { readonly type: 'ChangeTenant'; readonly changes: TenantChanges; readonly expected: number }
  | { readonly type: 'AddSite'; readonly site: Omit<Site, 'gates'> }
  | { readonly type: 'ChangeSite'; readonly siteId: string; readonly changes: SiteChanges; readonly expected: number }
  | { readonly type: 'AddGate'; readonly siteId: string; readonly gate: Gate }
  | { readonly type: 'RenameGate'; readonly gateId: string; readonly name: Bilingual; readonly expected: number };

export type TenantEvent =
  | { readonly type: 'TenantCreated'; readonly settings: TenantSettings }
  | { readonly type: 'TenantChanged'; readonly changes: TenantChanges }
  | { readonly type: 'SiteAdded'; readonly site: Omit<Site, 'gates'> }
  | { readonly type: 'SiteChanged'; readonly siteId: string; readonly changes: SiteChanges }
  | { readonly type: 'GateAdded'; readonly siteId: string; readonly gate: Gate }
  | { readonly type: 'GateRenamed'; readonly gateId: string; readonly name: Bilingual };
