// reissue.application.verify: the identity behind a case is checked outside, its history counted, and the case assessed (REI-10 … REI-12).
// duplicate: a case that is assessed says "-" · late: the same · early: NotYet · the service is down: the case waits and a timer asks
// again; no message waits on a rung for it · crash before the write: it comes again, and the check is asked once more.
import { verifyApplication } from '@tongpiao/contracts';
import { ContractBreach, localDate, localDateOf, instantOf, localTime, TransientError } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import type { Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { IdentityCheck } from '../adapters/identity-check.ts';
import type { History, Identity, LiveApplication } from '../application/application.ts';
import type { DerivedIds } from '../application/derived-ids.ts';
import type { Applications, ApplicationSnapshot } from '../stores.ts';
import type { ShownTickets } from '../views/shown-tickets.store.ts';
import { countScans } from './on-ticket-scanned.ts';

type Parts = {
  readonly applications: Applications;
  readonly identityCheck: IdentityCheck;
  readonly shownTickets: ShownTickets;
  readonly ids: DerivedIds;
};

const DAY_MS = 86_400_000;
const REMEMBER_PERSON_MS = 90 * DAY_MS;
const REMEMBER_ADDRESS_MS = 30 * DAY_MS;
/** More of anything makes no difference. */
const COUNTED_MAX = 50;

function failuresOf(state: LiveApplication): number {
  const judged = 'assessment' in state ? state.assessment : undefined;
  return state.misses + (judged?.identity === 'mismatch' ? 1 : 0);
}

export function onVerify(foundation: Foundation, parts: Parts): (message: Received) => Promise<void> {
  const { applications, identityCheck, shownTickets, ids } = parts;
  const { clock } = foundation;

  async function outcomeOf(
    scope: Scope,
    snapshot: ApplicationSnapshot,
    application: LiveApplication,
  ): Promise<Identity | 'unavailable'> {
    // Data that are wrong belong to nobody: what is checked is what they should read.
    const person = application.correction ?? application.traveller;
    if (person === undefined) return 'not-needed';
    const key = await applications.recordKey(scope, snapshot);
    try {
      return await identityCheck.check({
        name: key.open(person.name.sealed),
        idType: person.idType,
        idNumber: key.open(person.idNumber.sealed),
      });
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      foundation.logger.warn({ err: error, applicationId: snapshot.id }, 'the identity check is away; the case waits');
      return 'unavailable';
    }
  }

  async function historyOf(scope: Scope, id: string, application: LiveApplication): Promise<History> {
    const now = clock();
    const since = (ms: number): string => new Date(now.getTime() - ms).toISOString();
    const others = { _id: { $ne: id } };
    const count = (filter: Readonly<Record<string, unknown>>): Promise<number> =>
      applications.count(scope, { ...others, ...filter }, COUNTED_MAX);
    const { personIndex, addressIndex, deviceIndex, ticket, submittedAt } = application;
    const ofPerson = { 'state.personIndex': personIndex };
    // What nobody has proven may be a stranger's doing.
    const proven = { 'state.proof': { $exists: true } };
    const [sameDay, refused, sameTicket, sharedAddress, sharedDevice, failedChecks, scans, sameMonth] =
      await Promise.all([
        count({ ...ofPerson, ...proven, 'state.submittedAt': { $gte: startOfDay(scope, now) } }),
        count({
          ...ofPerson,
          'state.submittedAt': { $gte: since(REMEMBER_PERSON_MS) },
          'state.refusal.reason': 'reissue.decided-against',
        }),
        count({ ...proven, 'state.ticket.rightId': ticket.rightId }),
        application.enteredBy === undefined
          ? count({
              'state.addressIndex': addressIndex,
              'state.submittedAt': { $gte: since(REMEMBER_ADDRESS_MS) },
              'state.enteredBy': { $exists: false },
              'state.personIndex': { $ne: personIndex },
            })
          : 0,
        deviceIndex === undefined
          ? 0
          : count({
              'state.deviceIndex': deviceIndex,
              'state.submittedAt': { $gte: since(REMEMBER_ADDRESS_MS) },
              'state.personIndex': { $ne: personIndex },
            }),
        failedChecksOf(scope, id, application),
        shownTickets.countOf(scope, ticket.rightId),
        count({
          ...ofPerson,
          ...proven,
          'state.submittedAt': { $gte: startOfMonth(scope, submittedAt), $lt: submittedAt },
        }),
      ]);
    const counted = { sameDay, sameMonth, refused, sameTicket, sharedAddress, sharedDevice, failedChecks };
    return { ...counted, scansAdmitted: scans.admitted, scansRefused: scans.refused };
  }

  /** REI-11: of the same document or telephone, whoever it was that failed: somebody is after this person's tickets. */
  async function failedChecksOf(scope: Scope, id: string, application: LiveApplication): Promise<number> {
    const { personIndex, contact, policy } = application;
    const phone = contact.phone.index === undefined ? [] : [{ 'state.contact.phone.index': contact.phone.index }];
    const since = new Date(clock().getTime() - policy.risk.failedChecksDays * DAY_MS).toISOString();
    const found = await applications.find(
      scope,
      {
        _id: { $ne: id },
        'state.submittedAt': { $gte: since },
        $and: [
          { $or: [{ 'state.personIndex': personIndex }, ...phone] },
          { $or: [{ 'state.misses': { $gt: 0 } }, { 'state.assessment.identity': 'mismatch' }] },
        ],
      },
      { sort: { 'state.submittedAt': -1 }, limit: COUNTED_MAX },
    );
    return found.reduce((sum, { state }) => (state.status === 'none' ? sum : sum + failuresOf(state)), 0);
  }

  function startOfDay(scope: Scope, now: Date): string {
    const { timeZone } = foundation.tenants.require(scope.tenantId);
    return instantOf(localDateOf(now, timeZone), localTime('00:00'), timeZone).toISOString();
  }

  /** As the figures count months. */
  function startOfMonth(scope: Scope, submittedAt: string): string {
    const { timeZone } = foundation.tenants.require(scope.tenantId);
    const first = `${localDateOf(new Date(submittedAt), timeZone).slice(0, 'YYYY-MM'.length)}-01`;
    return instantOf(localDate(first), localTime('00:00'), timeZone).toISOString();
  }

  return async (message) => {
    if (!isMessage(message, verifyApplication))
      throw new ContractBreach('reissue.unexpected-message', message.definition.type);
    const scope = foundation.scopeOf(message.envelope);
    const { applicationId } = message.envelope.data;
    const snapshot = await applications.load(scope, applicationId);
    if (snapshot === undefined || snapshot.state.status === 'none') return;
    const { state } = snapshot;
    if (state.status !== 'verifying' && state.status !== 'waiting_identity') return;
    const [outcome, history] = await Promise.all([
      outcomeOf(scope, snapshot, state),
      historyOf(scope, applicationId, state),
    ]);
    const code = ids.reissueCodeOf(applicationId);
    const at = clock().toISOString();
    const command = { type: 'RecordVerification', outcome, history, code, draw: Math.random(), at } as const;
    await applications.handle(scope, applicationId, command, { messageId: message.envelope.id });
    // A scan that came between the count and the assessment has found no assessment to add to.
    await countScans(foundation, parts, scope, { id: applicationId, rightId: state.ticket.rightId });
  };
}
