// Roles and what they may do, as data: every service checks the same permissions, and a role is nothing but a named set of them
// (PLA-03). Separation of duties between people is not here; it is decided where the work is.
import { z } from 'zod';

/** `<service>:<resource>:<action>`, with what it opens. */
export const PERMISSIONS = {
  'identity:tenants:create': 'Found a tenant.',
  'identity:tenants:read': 'See a tenant with its contact data and policies.',
  'identity:tenants:update': 'Change a tenant.',
  'identity:sites:create': 'Add a site or station.',
  'identity:sites:read': 'See sites and stations.',
  'identity:sites:update': 'Change a site or station.',
  'identity:gates:create': 'Add a gate.',
  'identity:gates:read': 'See gates.',
  'identity:gates:update': 'Change a gate.',
  'identity:users:create': 'Add a member of staff.',
  'identity:users:read': 'See members of staff, masked.',
  'identity:users:update': 'Change, block or sign out a member of staff.',
  'identity:api-keys:create': 'Issue an API key.',
  'identity:api-keys:read': 'See API keys without their secrets.',
  'identity:api-keys:update': 'Rotate or revoke an API key.',
  'identity:signing-keys:rotate': 'Begin the next signing key before its time.',
  'identity:personal-data:reveal': 'See plain personal data of people with an account, with a stated purpose.',
  'sales:products:create': 'Draft a product.',
  'sales:products:read': 'See products that are not on sale.',
  'sales:products:update': 'Change a product.',
  'sales:products:publish': 'Put a product on sale, pause or retire it.',
  'sales:prices:create': 'Set a price.',
  'sales:prices:read': 'See prices and their history.',
  'sales:prices:update': 'Change or end a price.',
  'sales:orders:create': 'Sell at a counter or for a reseller.',
  'sales:orders:read': 'See orders that one has sold oneself.',
  'sales:orders:read-any': 'See every order of the tenant.',
  'sales:orders:cancel': 'Cancel an order for a customer.',
  'sales:payments:cash': 'Take cash for an order.',
  'sales:tickets:read': 'See tickets of the tenant.',
  'sales:tickets:print': 'Print a ticket on numbered paper.',
  'sales:check-ins:create': 'Let a ticket in at a gate.',
  'sales:manifests:read': 'Fetch keys, revocations and the list of the day for a gate.',
  'sales:scans:upload': 'Hand in what a gate decided without network.',
  'sales:incidents:read': 'See what went wrong at gates.',
  'sales:incidents:close': 'Close an incident at a gate with a finding.',
  'sales:occupancy:read': 'See how full a site is.',
  'sales:occupancy:correct': 'Correct the count of people inside after a count on the spot.',
  'sales:refunds:create': 'Give a ticket back for a customer.',
  'sales:exchanges:create': 'Exchange a ticket for a customer.',
  'sales:refund-exceptions:request': 'Ask for a refund beyond the rules.',
  'sales:refund-exceptions:approve': 'Approve refunds beyond the rules up to the small bound.',
  'sales:refund-exceptions:approve-large': 'Approve refunds beyond the rules whatever the amount.',
  'sales:disruptions:read': 'See how far the work on a cancelled session is.',
  'sales:personal-data:reveal': 'See plain personal data of customers and travellers, with a stated purpose.',
  'inventory:calendars:create': 'Add a calendar of sessions.',
  'inventory:calendars:read': 'See calendars.',
  'inventory:calendars:update': 'Change a calendar.',
  'inventory:sessions:create': 'Add a session.',
  'inventory:sessions:read': 'See sessions with their counters.',
  'inventory:sessions:update': 'Change, open or close a session.',
  'inventory:sessions:cancel':
    'Cancel a session, or lower its places below what is sold, with a plan for those who hold tickets.',
  'inventory:capacity:read': 'See capacities and quotas.',
  'inventory:capacity:update': 'Raise or lower capacities and quotas.',
  'finance:payments:read': 'See payments.',
  'finance:refunds:retry': 'Try a refund again that did not find its way back.',
  'finance:refunds:pay-out': 'Hand over the cash of a refund.',
  'finance:ledger:read': 'See the ledger.',
  'finance:accounts:update': 'Say how one’s own books call the accounts of the ledger.',
  'reissue:applications:create': 'Enter an application for a new ticket for a customer.',
  'reissue:applications:read': 'See applications that one has entered oneself.',
  'reissue:applications:read-any': 'See every application of the tenant, masked.',
  'reissue:applications:decide': 'Decide ordinary applications.',
  'reissue:applications:review': 'Decide applications that were escalated, and clear risks.',
  'reissue:applications:manage': 'Decide applications above the second threshold, and conflicts.',
  'reissue:batches:create': 'Enter a list of tickets to be reissued together, and stop or go on with it.',
  'reissue:batches:read': 'See lists of tickets that are reissued together, masked.',
  'reissue:batches:approve': 'Approve a list of tickets to be reissued together that somebody else has entered.',
  'reissue:policies:read': 'See by which rules applications are judged.',
  'reissue:policies:update': 'Change fees, thresholds, weights and deadlines of reissuing.',
  'reissue:policies:try': 'Try changed rules on past applications; nothing changes.',
  'reissue:analysis:read': 'See the figures of reissuing: reasons, times, refusals, risks, cost.',
  'reissue:errors:mark': 'Mark an error of staff in an application.',
  'reissue:compensations:approve': 'Approve money for an error of staff that somebody else has proposed.',
  'reissue:personal-data:reveal': 'See plain personal data of an application, with a stated purpose.',
  'notification:messages:read': 'See messages that were sent, masked.',
  'notification:templates:create': 'Add a message template.',
  'notification:templates:read': 'See message templates.',
  'notification:templates:update': 'Change a message template.',
  'operations:parked:read': 'See messages that failed, masked.',
  'operations:parked:replay': 'Play a failed message again.',
  'operations:parked:discard': 'Give up a failed message.',
  'operations:keys:rotate': 'Give a tenant a new wrapping key in a service.',
  'audit:journals:read': 'Read the journals of records.',
  'audit:journals:verify': 'Check the chains of journals.',
  'audit:trail:read': 'Search who has seen personal data, and who was refused.',
} as const;

export type Permission = keyof typeof PERMISSIONS;

export function isPermission(text: string): text is Permission {
  return Object.hasOwn(PERMISSIONS, text);
}

/** People's roles, then `traveller`, then the machines (their API keys' kinds). */
export const ROLES = [
  'platform_admin',
  'tenant_admin',
  'manager',
  'director',
  'chief_executive',
  'sales_clerk',
  'gate_inspector',
  'reissue_operator',
  'reviewer',
  'finance_clerk',
  'finance_manager',
  'complaint_registrar',
  'case_handler',
  'section_head',
  'leader',
  'supervisor',
  'duty_officer',
  'archivist',
  'auditor',
  'traveller',
  'gate',
  'ota',
  'kiosk',
] as const;

export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

export const apiKeyKindSchema = z.enum(['gate', 'ota', 'kiosk']);
export type ApiKeyKind = z.infer<typeof apiKeyKindSchema>;

function all(prefix: string): readonly Permission[] {
  return Object.keys(PERMISSIONS)
    .filter(isPermission)
    .filter((permission) => permission.startsWith(prefix));
}

/** What whoever works in a place sees of it: its sites, products, sessions. */
const SURROUNDINGS: readonly Permission[] = [
  'identity:sites:read',
  'identity:gates:read',
  'sales:products:read',
  'sales:prices:read',
  'inventory:calendars:read',
  'inventory:sessions:read',
  'inventory:capacity:read',
];

const OVERSIGHT: readonly Permission[] = [
  ...SURROUNDINGS,
  'identity:tenants:read',
  'identity:users:read',
  'sales:orders:read',
  'sales:orders:read-any',
  'sales:tickets:read',
  'finance:payments:read',
  'finance:ledger:read',
  'notification:messages:read',
  'sales:incidents:read',
  'sales:occupancy:read',
  'sales:disruptions:read',
  'reissue:applications:read-any',
  'reissue:batches:read',
  'reissue:policies:read',
  'reissue:analysis:read',
];

/** Taking an application: staff at a counter or on the telephone; machines pass on what somebody says who stands before them. */
const TAKING_APPLICATIONS: readonly Permission[] = ['reissue:applications:create', 'reissue:applications:read'];

const SELLING: readonly Permission[] = [
  ...SURROUNDINGS,
  'sales:orders:create',
  'sales:orders:read',
  'sales:orders:cancel',
  'sales:tickets:read',
  'sales:refunds:create',
  'sales:exchanges:create',
  'sales:refund-exceptions:request',
  ...TAKING_APPLICATIONS,
];

export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  /** Founds tenants and runs the platform; a tenant's customers and money are not theirs to see in passing. */
  platform_admin: [
    ...all('identity:tenants:'),
    ...all('identity:sites:'),
    ...all('identity:gates:'),
    ...all('identity:users:'),
    ...all('identity:api-keys:'),
    ...all('identity:signing-keys:'),
    ...all('notification:templates:'),
    ...all('operations:'),
    ...all('audit:'),
  ],
  tenant_admin: [
    'identity:tenants:read',
    'identity:tenants:update',
    ...all('identity:sites:'),
    ...all('identity:gates:'),
    ...all('identity:users:'),
    ...all('identity:api-keys:'),
    'identity:personal-data:reveal',
    ...all('sales:products:'),
    ...all('sales:prices:'),
    ...all('inventory:'),
    ...all('notification:'),
    'sales:orders:read',
    'sales:orders:read-any',
    'sales:tickets:read',
    'sales:incidents:read',
    'sales:occupancy:read',
    'sales:disruptions:read',
    'reissue:applications:read-any',
    'reissue:policies:read',
    'reissue:policies:update',
    'reissue:policies:try',
  ],
  manager: [
    ...OVERSIGHT,
    'identity:sites:update',
    'identity:gates:update',
    ...all('sales:products:'),
    ...all('sales:prices:'),
    'sales:orders:cancel',
    'sales:tickets:print',
    'sales:refunds:create',
    'sales:exchanges:create',
    ...all('sales:refund-exceptions:').filter((permission) => permission !== 'sales:refund-exceptions:approve-large'),
    'sales:incidents:close',
    'sales:occupancy:correct',
    'sales:personal-data:reveal',
    ...all('reissue:'),
    ...all('inventory:'),
    ...all('notification:'),
    'operations:parked:read',
  ],
  director: [...OVERSIGHT, 'sales:products:publish', ...all('sales:refund-exceptions:approve'), 'audit:journals:read'],
  chief_executive: [...OVERSIGHT, ...all('sales:refund-exceptions:approve'), 'audit:journals:read'],
  sales_clerk: [...SELLING, 'sales:payments:cash', 'finance:refunds:pay-out', 'sales:tickets:print'],
  gate_inspector: [
    ...SURROUNDINGS,
    'sales:tickets:read',
    'sales:check-ins:create',
    'sales:manifests:read',
    'sales:scans:upload',
    'sales:incidents:read',
    'sales:occupancy:read',
  ],
  reissue_operator: [
    ...SURROUNDINGS,
    'sales:orders:read',
    'sales:orders:read-any',
    'sales:tickets:read',
    ...TAKING_APPLICATIONS,
    'reissue:applications:read-any',
    'reissue:applications:decide',
    'reissue:batches:create',
    'reissue:batches:read',
    'reissue:policies:read',
    'reissue:personal-data:reveal',
  ],
  reviewer: [
    ...SURROUNDINGS,
    'sales:orders:read',
    'sales:orders:read-any',
    'sales:tickets:read',
    'reissue:applications:read-any',
    'reissue:applications:decide',
    'reissue:applications:review',
    ...all('reissue:batches:'),
    'reissue:policies:read',
    'reissue:errors:mark',
    'reissue:personal-data:reveal',
  ],
  finance_clerk: ['sales:orders:read', 'sales:orders:read-any', 'finance:payments:read', 'finance:ledger:read'],
  finance_manager: [
    'sales:orders:read',
    'sales:orders:read-any',
    'sales:prices:read',
    'finance:payments:read',
    'finance:refunds:retry',
    'finance:refunds:pay-out',
    'finance:ledger:read',
    'finance:accounts:update',
  ],
  complaint_registrar: ['identity:sites:read', 'sales:tickets:read'],
  case_handler: ['identity:sites:read', 'sales:orders:read', 'sales:orders:read-any', 'sales:tickets:read'],
  section_head: ['identity:sites:read', 'sales:orders:read', 'sales:orders:read-any', 'sales:tickets:read'],
  leader: [...OVERSIGHT],
  supervisor: [...OVERSIGHT, 'audit:journals:read'],
  duty_officer: [...SURROUNDINGS, 'sales:tickets:read', 'notification:messages:read', ...all('operations:parked:')],
  archivist: ['audit:journals:read'],
  auditor: [
    ...OVERSIGHT,
    'identity:api-keys:read',
    'notification:templates:read',
    'operations:parked:read',
    ...all('audit:'),
  ],
  /** Travellers reach their own records by owning them, not by permission. */
  traveller: [],
  gate: [
    'sales:check-ins:create',
    'sales:manifests:read',
    'sales:scans:upload',
    'sales:occupancy:read',
    'identity:gates:read',
  ],
  ota: [
    'sales:orders:create',
    'sales:orders:read',
    'sales:orders:cancel',
    'sales:products:read',
    ...TAKING_APPLICATIONS,
  ],
  kiosk: ['sales:orders:create', 'sales:orders:read', ...TAKING_APPLICATIONS],
};

function isRole(text: string): text is Role {
  return Object.hasOwn(ROLE_PERMISSIONS, text);
}

/** The union of what these roles may do. A role that is not known here opens nothing. */
export function permissionsOf(roles: readonly string[]): ReadonlySet<Permission> {
  return new Set(roles.filter(isRole).flatMap((role) => ROLE_PERMISSIONS[role]));
}
