// The reissue service asks for a ticket to be frozen, thawed or replaced (REI-04, REI-23, REI-32). The right decides; a refusal is
// among what it decides, because somebody waits for it.
// duplicate: the right knows the command's id, and the code of a reissue · late (used, given back, exchanged meanwhile): refused with
// that · early: a freeze before the thaw of the case before, or of the refusal that is
// appealed, waits for it · crash before the write: it comes again ·
// crash after: the right's outbox says the rest, also a refusal.
// A correction may bring another document to the place: its limits hold for it as for whoever buys (SAL-02, SAL-25), and are taken before
// the ticket is replaced. A crash in between leaves a claim that the right does not need: the command takes it up when it comes again, or
// it makes room for whoever wants it.
import { freezeTicket, reissueTicket, thawTicket, type DataOf, type Envelope } from '@tongpiao/contracts';
import { ContractBreach, DomainError, maskIdNumber, maskName, NotYet, ticketNumberOf, type Id } from '@tongpiao/kernel';
import { isMessage, type Received } from '@tongpiao/messaging';
import { mac, type RecordKey, type Scope, type Snapshot } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import { documentClaims } from '../claim/document-claims.ts';
import type { ClaimWish, Claims } from '../claim/claim.store.ts';
import type { Traveller } from '../order/order.ts';
import type { ProductCatalogue } from '../product/product-catalogue.ts';
import type { Replacement, RightState, SoldRight } from '../right/right.ts';
import { signedQr } from '../right/ticket-qr.ts';
import type { Rights } from '../stores.ts';
import type { TicketKeys } from '../ticket-keys/ticket-keys.store.ts';

export const REISSUE_COMMANDS = [freezeTicket, thawTicket, reissueTicket] as const;

/** Two outboxes are published side by side; the second look is a second later. */
const THAW_MAY_COME_MS = 5_000;

type Parts = {
  readonly rights: Rights;
  readonly keys: TicketKeys;
  readonly claims: Claims;
  readonly catalogue: ProductCatalogue;
};
type Reissue = Envelope<DataOf<typeof reissueTicket>>;

export function onReissueCommand(foundation: Foundation, parts: Parts): (message: Received) => Promise<void> {
  const { vault, clock, bus } = foundation;
  const numberKey = vault.serviceKey('right-ids');

  /** The corrected traveller under the right's own key; a right without one gets a key of its own. */
  async function corrected(
    scope: Scope,
    envelope: Reissue,
    right: Snapshot<RightState>,
  ): Promise<{ traveller: Traveller; recordKey: RecordKey } | undefined> {
    const { traveller } = envelope.data;
    if (traveller === undefined) return undefined;
    const open = (sealed: string): string => bus.openAs('sales', envelope.tenantid, envelope.id, sealed);
    const [name, idNumber, idType] = [open(traveller.name), open(traveller.idNumber), traveller.idType];
    const recordKey =
      right.key === undefined ? await vault.newRecordKey(scope) : await parts.rights.recordKey(scope, right);
    const index = await vault.blindIndex(scope, 'document', `${idType}:${idNumber}`);
    return {
      recordKey,
      traveller: {
        name: { sealed: recordKey.seal(name), masked: maskName(name) },
        idType,
        idNumber: { sealed: recordKey.seal(idNumber), masked: maskIdNumber(idNumber), index },
      },
    };
  }

  /** Of the document that the right gets; none where it has it already, or where the code has had its answer. */
  async function limitsOf(
    right: SoldRight,
    code: string,
    traveller: Traveller | undefined,
  ): Promise<readonly ClaimWish[]> {
    const { idNumber } = traveller ?? {};
    if (idNumber === undefined || idNumber.index === right.traveller?.idNumber.index) return [];
    const isAnswered =
      right.past.some(({ cause }) => cause === code) || right.refusedReissues?.some((refused) => refused.code === code);
    if (isAnswered === true) return [];
    const { product } = (await parts.catalogue.byIds([right.productId])).get(right.productId) ?? {};
    const type = product?.ticketTypes.find(({ id }) => id === right.ticketTypeId);
    return documentClaims(right, idNumber, type?.limits.perDocumentAndDay);
  }

  async function replace(scope: Scope, envelope: Reissue): Promise<void> {
    const { rightId, applicationId, reissueCode: code, kind, number: applied } = envelope.data;
    const right = await parts.rights.load(scope, rightId);
    if (right === undefined || right.state.status === 'none')
      throw new DomainError('platform.not-found', 'There is no such ticket.');
    const now = clock();
    const number = ticketNumberOf(scope.tenantId, mac(numberKey, code).subarray(16, 28));
    const revision = right.state.revision + 1;
    const ticket = { tenantId: scope.tenantId, rightId: rightId as Id<'Right'>, number, revision };
    const qr = signedQr(parts.keys, right.state, ticket, now);
    const correction = await corrected(scope, envelope, right);
    const replacement: Replacement = {
      applicationId,
      code,
      kind,
      number,
      qr,
      revision,
      ...(applied === undefined ? {} : { applied }),
      at: now.toISOString(),
      ...(correction === undefined ? {} : { traveller: correction.traveller }),
    };
    const wishes = await limitsOf(right.state, code, correction?.traveller);
    // The order may have the claim for another ticket of that document: this one comes on top.
    const claims = await parts.claims.take(scope, right.state.orderId, wishes, now, applicationId);
    const limited = claims.refusal?.code;
    const { events } = await parts.rights.handle(
      scope,
      rightId,
      { type: 'ReplaceTicket', replacement, ...(limited === undefined ? {} : { limited }) },
      { messageId: envelope.id, ...(correction === undefined ? {} : { recordKey: correction.recordKey }) },
    );
    // Not where nothing was decided: the same command has replaced it elsewhere, and the claim is the ticket's.
    if (events.some(({ type }) => type === 'ReissueRefused')) await claims.giveBack();
  }

  return async (message) => {
    const scope = foundation.scopeOf(message.envelope);
    const at = clock().toISOString();
    // A freeze that comes twice must not freeze what the case has thawed or replaced since.
    const once = { messageId: message.envelope.id };
    if (isMessage(message, thawTicket)) {
      const { rightId, applicationId } = message.envelope.data;
      await parts.rights.handle(scope, rightId, { type: 'ThawTicket', applicationId, at }, once);
    } else if (isMessage(message, freezeTicket)) {
      const { time, data } = message.envelope;
      const { rightId, applicationId, number, again } = data;
      const early = clock().getTime() - Date.parse(time) < THAW_MAY_COME_MS;
      try {
        const command = { type: 'FreezeTicket', applicationId, number, again, at, early } as const;
        await parts.rights.handle(scope, rightId, command, once);
      } catch (error) {
        // The thaw of a case that has just ended comes from another outbox, and may be behind this.
        if (error instanceof DomainError && error.code === 'sales.ticket-frozen')
          throw new NotYet(error.code, error.message);
        throw error;
      }
    } else if (isMessage(message, reissueTicket)) await replace(scope, message.envelope);
    else throw new ContractBreach('sales.unexpected-message', message.definition.type);
  };
}
