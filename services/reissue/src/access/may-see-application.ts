// Who may touch a case: the holder of its own token, the signed-in applicant, the machine that entered it, staff of its tenant. For
// everybody else it does not exist.
import { DomainError, PLATFORM_TENANT, type TenantId } from '@tongpiao/kernel';
import { Scope, type PersonalValue } from '@tongpiao/persistence';
import { may, type Access, type Principal, type RequestContext } from '@tongpiao/service-shell';
import type { Desk, LiveApplication, Staff } from '../application/application.ts';
import type { Applications, ApplicationSnapshot } from '../stores.ts';
import { namesOf } from './acting.ts';
import { APPLICATION_BEARER } from './application-access.ts';

export const APPLICANT_OR_STAFF: Access = { anyOf: [{ bearer: APPLICATION_BEARER }, 'authenticated'] };

export const STAFF_OR_AUDITOR: Access = {
  anyOf: [
    { permission: 'reissue:applications:read' },
    { permission: 'reissue:applications:read-any' },
    { permission: 'audit:journals:read' },
  ],
};

export type SeenApplication = {
  readonly scope: Scope;
  readonly id: string;
  readonly snapshot: ApplicationSnapshot;
  readonly application: LiveApplication;
  readonly staff: boolean;
  /** Opens what was written in it; left out once it is erased. */
  readonly open?: (value: PersonalValue) => string;
};

/** The token is good until this long after the case was begun. */
const TOKEN_GOOD_MS = 365 * 24 * 3_600_000;

/** @throws DomainError 404 for whoever may not know that it exists */
export async function seenApplication(
  context: Pick<RequestContext, 'principal' | 'scope' | 'scopeAcrossTenants' | 'origin'>,
  applications: Applications,
  now: Date,
  id: string,
): Promise<SeenApplication> {
  const notFound = new DomainError('platform.not-found', 'There is no such application.');
  const { principal } = context;
  const traveller = principal.type === 'user' && !isStaff(principal);
  // A traveller's home is the platform, while the case belongs to a site: ownership is checked on the record itself.
  const looking = traveller
    ? context.scopeAcrossTenants('a traveller reads an application of their own')
    : context.scope();
  const snapshot = await applications.load(looking, id);
  if (snapshot === undefined || snapshot.state.status === 'none') throw notFound;
  const application = snapshot.state;
  const scope = Scope.ofTenant(snapshot.tenantId as TenantId, context.origin());
  const seen = { scope, id, snapshot, application, ...(await openerOf(applications, scope, snapshot)) };
  if (principal.type === 'bearer') {
    if (principal.subject !== id) throw notFound;
    if (now.getTime() > Date.parse(application.submittedAt) + TOKEN_GOOD_MS)
      throw new DomainError('platform.token-expired', 'The token of this application has expired.');
    return { ...seen, staff: false };
  }
  if (principal.type === 'guest') throw notFound;
  if (principal.type === 'apiKey') {
    const { enteredBy } = application;
    const entered = enteredBy !== undefined && namesOf(principal).includes(enteredBy);
    if (!entered || !may(principal, 'reissue:applications:read')) throw notFound;
    // A partner sees of a case what its applicant sees.
    return { ...seen, staff: false };
  }
  if (application.userId === principal.id) return { ...seen, staff: false };
  const own = may(principal, 'reissue:applications:read') && application.enteredBy === principal.id;
  if (!own && !may(principal, 'reissue:applications:read-any')) throw notFound;
  return { ...seen, staff: true };
}

async function openerOf(
  applications: Applications,
  scope: Scope,
  snapshot: ApplicationSnapshot,
): Promise<Pick<SeenApplication, 'open'>> {
  if (snapshot.key === undefined) return {};
  const key = await applications.recordKey(scope, snapshot);
  return { open: ({ sealed }) => key.open(sealed) };
}

/**
 * Whoever may read journals sees every case of their tenant, the platform's people of all tenants; staff see those that are theirs.
 * @throws DomainError 404 for everybody else, applicants too
 */
export async function seenByStaffOrAuditor(
  context: Pick<RequestContext, 'principal' | 'scope' | 'scopeAcrossTenants' | 'origin'>,
  applications: Applications,
  now: Date,
  id: string,
): Promise<SeenApplication> {
  const { principal } = context;
  const notFound = new DomainError('platform.not-found', 'There is no such application.');
  if (!may(principal, 'audit:journals:read')) {
    const seen = await seenApplication(context, applications, now, id);
    if (!seen.staff) throw notFound;
    return seen;
  }
  const ofPlatform = principal.type === 'user' && principal.tenantId === PLATFORM_TENANT;
  const looking = ofPlatform ? context.scopeAcrossTenants('audit of an application') : context.scope();
  const snapshot = await applications.load(looking, id);
  if (snapshot === undefined || snapshot.state.status === 'none') throw notFound;
  const scope = Scope.ofTenant(snapshot.tenantId as TenantId, context.origin());
  return { scope, id, snapshot, application: snapshot.state, staff: true };
}

function isStaff(principal: Principal): boolean {
  return may(principal, 'reissue:applications:read') || may(principal, 'reissue:applications:read-any');
}

/** REI-20: whose desk a member of staff sits at. */
export function staffOf(principal: Principal): Staff | undefined {
  if (principal.type !== 'user') return undefined;
  const desk: Desk | undefined = may(principal, 'reissue:applications:manage')
    ? 'manager'
    : may(principal, 'reissue:applications:review')
      ? 'reviewer'
      : may(principal, 'reissue:applications:decide')
        ? 'operator'
        : undefined;
  return desk === undefined ? undefined : { id: principal.id, desk };
}
