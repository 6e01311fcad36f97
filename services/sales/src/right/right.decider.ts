// The life of a right (SAL-31): what each ticket of it can still become. Issued is the only status in which a ticket can be exchanged
// or given back by the rules; whoever comes second finds the status of whoever came first, under the version guard.
//
// status ↓ \ command →     IssueTicket  CheckIn              HandInScan²            RefundTicket¹⁵         ExchangeTicket⁴              ExpireTicket³    OfferChoice
// none                     issued       refused unknown      not-found              not-found              not-found                    -                -
// issued                   -            in | refused¹        handed in (+ use)      refunded | stale¹²     exchanged | refused changed  expired | -      offered | -⁷
// checked_in               -            in | refused¹        handed in (+ use)      refunded⁵ | used       refused used                 expired | -      offered | -⁷
// used                     -            refused already-used handed in              refunded⁵ | used       refused used                 -                offered¹⁶ | -
// refunded                 -            refused refunded     handed in              - (same) | not-living  refused not-living           -                -
// expired                  -            refused expired      handed in (+ use⁶)     refunded⁵ | not-living refused not-living           -                offered¹⁶ | -
// frozen                   -            refused frozen       handed in (+ use¹⁴)    not-living             refused not-living           -                offered | -⁷
// voided|superseded|exch.  -            refused (status)     handed in              not-living             refused not-living           -                -
//
// ¹ the policy's reason (admission.policy.ts); a request that is known already: -   ² a scan that is known already: -; more than 1,000: too-many-scans   ³ only past its
// validity, and not while its holder may choose what becomes of it (SAL-52); of one that is being exchanged nobody asks (SAL-53)   ⁴ the same exchange again: -, whether it was
// exchanged or refused; without its fee where the session was disrupted after it was agreed, told or not   ⁵ only as an exception, which of
// a used one was asked for when it was used, or because its session was cancelled, of a used or expired one where that is in vain¹⁶; places of people who came in stay theirs   ⁶ scanned in time, told late: the use counts, the price was earned by expiry   ⁷ a second
// one only when the session is cancelled altogether
//
// status ↓ \ command →     FreezeTicket             ThawTicket             ReplaceTicket⁸
// none                     not-found                not-found              not-found
// issued | checked_in      frozen | refused¹³       -                      replaced | refused expired¹³ | changed¹⁰ | limited¹¹
// frozen                   - (same) | refused⁹      thawed (same) | -      replaced (same) | refused frozen⁹ | expired¹³ | changed | limited
// used                     refused used             -                      refused used
// expired                  refused expired          -                      refused expired
// any other                refused not-living       -                      refused not-living
//
// A refused freeze, reissue, exchange or exception is an event: somebody waits for the answer, and whoever asks again must not get another one.
// ⁸ the same reissue code again: -, whatever has become of the new ticket, and whether it was replaced or refused   ⁹ another application
// has it; a freeze that is early: frozen, to be tried again   ¹⁰ another ticket lives than the one that was applied for, or that the QR names
// ¹¹ document-has-ticket, document-limit: the corrected document has another ticket there
// ¹² a fee that is more than its holder is offered to leave, told or not; so of every status that is refunded, but an exception gives all that is owed instead   ¹³ past its validity, whatever the sweep has done   ¹⁴ scanned before
// it was frozen, told afterwards: the use counts; frozen still, or used when nothing is left of it   ¹⁵ of an exception what is in the way, also that
// another ticket lives than the one it was approved for, is refused as an event, and the same one again: -   ¹⁶ of a cancelled session, let in
// before its start, or expired although it was good when that was decided (disrupted.policy.ts)
// HandInScan of a ticket that was replaced, scanned before that (and before the freeze of that case): as a scan of the one that lives, which
// has so much less left. Not where an exchange lies between the two.
// FreezeTicket of a number that is not the right's own any more: refused changed, in every status but none; for an appeal (`again`) while
// the same application still has it frozen: frozen, to be tried again.
// WithdrawOffer: withdrawn when issued or frozen, where the offer is of that reduction; else -.
// PrintTicket: printed when issued or checked_in and never printed; the same serial again: -; else printed-already | not-living.
// ShowFormerTicket: shown in every status, where the scan shows a former ticket; by the same gate within a minute, or more than 200: -.
// NoteRefusedScan: noted when issued, checked_in or frozen, where its own ticket was shown; like ShowFormerTicket within a minute or beyond 200: -.
// RecordReveal: revealed in every status but none, where it is not-found.
import { addFen, DomainError, fen, unreachable, ZERO_FEN, type Decider } from '@tongpiao/kernel';
import { admission, formerOf, peopleOf, placesLeft, placesUntouched } from './admission.policy.ts';
import { awaitsChoice, endedInVain, owed, withCancellation } from './disrupted.policy.ts';
import type {
  HandedIn,
  Offer,
  PastTicket,
  Replacement,
  RightCommand,
  RightEvent,
  RightState,
  Scan,
  SoldRight,
  TicketRefund,
  Use,
} from './right.ts';

type Of<Type extends RightCommand['type']> = Extract<RightCommand, { type: Type }>;

function decide(state: RightState, command: RightCommand): readonly RightEvent[] {
  switch (command.type) {
    case 'IssueTicket':
      return state.status === 'none' ? [{ type: 'TicketIssued', facts: command.facts }] : [];
    case 'CheckIn':
      return checkIn(state, command);
    case 'HandInScan':
      return handIn(existing(state), command);
    case 'ShowFormerTicket':
      return showFormer(state, command);
    case 'NoteRefusedScan':
      return noteRefused(state, command);
    case 'RefundTicket':
      return command.refund.reason === 'exception'
        ? exception(existing(state), command)
        : refund(existing(state), command);
    case 'ExchangeTicket':
      return exchange(existing(state), command);
    case 'FreezeTicket':
      return freeze(existing(state), command);
    case 'ThawTicket': {
      const { applicationId, at } = command;
      return existing(state).freeze?.applicationId === applicationId
        ? [{ type: 'TicketThawed', applicationId, at }]
        : [];
    }
    case 'ReplaceTicket':
      return replace(existing(state), command);
    case 'ExpireTicket':
      return isLiving(state) && !awaitsChoice(state) && Date.parse(command.at) > Date.parse(state.validUntil)
        ? [{ type: 'TicketExpired', at: command.at }]
        : [];
    case 'OfferChoice':
      return offerChoice(state, command.offer);
    case 'WithdrawOffer':
      return withdrawOffer(state, command.disruptionId);
    case 'PrintTicket':
      return print(existing(state), command);
    case 'RecordReveal':
      existing(state);
      return [{ type: 'TravellerRevealed', purpose: command.purpose, request: command.request }];
    default:
      return unreachable(command, 'right command');
  }
}

function existing(state: RightState): SoldRight {
  if (state.status === 'none') throw new DomainError('platform.not-found', 'There is no such ticket.');
  return state;
}

/** Its ticket can still open a gate. */
export function isLiving(state: RightState): state is SoldRight & { status: 'issued' | 'checked_in' } {
  return state.status === 'issued' || state.status === 'checked_in';
}

function offerChoice(state: RightState, offer: Offer): readonly RightEvent[] {
  if (state.status === 'none') return [];
  if (!isLiving(state) && state.status !== 'frozen' && !endedInVain(state, offer)) return [];
  const before = state.offer;
  if (before?.disruptionId === offer.disruptionId) return [];
  // Fewer places still are others' places; a cancellation is for everybody.
  return before !== undefined && offer.kind === 'reduced' ? [] : [{ type: 'ChoiceOffered', offer }];
}

function withdrawOffer(state: RightState, disruptionId: string): readonly RightEvent[] {
  if (state.status !== 'issued' && state.status !== 'frozen') return [];
  const { offer } = state;
  return offer?.kind === 'reduced' && offer.disruptionId === disruptionId
    ? [{ type: 'OfferWithdrawn', disruptionId }]
    : [];
}

function checkIn(state: RightState, { scan, request }: Of<'CheckIn'>): readonly RightEvent[] {
  if (state.status !== 'none' && request !== undefined && state.uses.some((use) => use.request === request)) return [];
  const answer = admission(state, scan);
  if (!answer.admitted)
    throw new DomainError('sales.ticket-refused', 'The ticket does not open the gate.', { ...answer });
  const { at, gateId } = scan;
  const by = request === undefined ? {} : { request };
  return [{ type: 'TicketCheckedIn', use: { at, gateId, people: peopleOf(state, scan), ...by } }];
}

/** As many as a ticket has entries at most; a gate that hands in more than that of one ticket is broken. */
const HANDED_IN_MAX = 1_000;

/** SAL-41: what the gate decided stands as it was decided; what was true is written beside it, never merged silently. */
function handIn(state: SoldRight, { scanId, scan, decided, late }: Of<'HandInScan'>): readonly RightEvent[] {
  if (state.handedIn.some((known) => known.scanId === scanId)) return [];
  if (state.handedIn.length >= HANDED_IN_MAX)
    throw new DomainError('sales.too-many-scans', 'Too many scans of this ticket were handed in.', {
      limit: HANDED_IN_MAX,
    });
  const { right: judged, scan: asked, inTime } = asItWas(state, scan);
  const answer = admission(judged, asked);
  const people = peopleOf(state, scan);
  const former = formerOf(state, scan);
  const handedIn: HandedIn = {
    scanId,
    at: scan.at,
    gateId: scan.gateId,
    people,
    decided,
    truth: answer.admitted ? 'admissible' : answer.reason,
    ...(former === undefined ? {} : { former: former.number }),
    ...(late === undefined ? {} : { late }),
  };
  if (decided === 'refused' || !answer.admitted) return [{ type: 'ScanHandedIn', handedIn }];
  const use: Use = { at: scan.at, gateId: scan.gateId, people, scanId };
  return [{ type: 'ScanHandedIn', handedIn, use, ...(inTime ? { earned: true as const } : {}) }];
}

/** What a scan that is told afterwards is judged by: expiry, freeze and replacement count from when they came. */
function asItWas(
  state: SoldRight,
  scan: Scan,
): { readonly right: SoldRight; readonly scan: Scan; readonly inTime: boolean } {
  const at = Date.parse(scan.at);
  const former = formerOf(state, scan);
  const deadFrom = former === undefined ? undefined : replacedAt(state, former);
  const asked =
    deadFrom !== undefined && at < Date.parse(deadFrom)
      ? // Its traveller may have been put right since (REI-31); the gate has compared the document with the ticket of that day.
        { ...scan, number: state.number, revision: state.revision, documentIndex: undefined }
      : scan;
  const inTime = state.status === 'expired' && at <= Date.parse(state.validUntil);
  if (inTime) return { right: { ...state, status: livingStatus(state) }, scan: asked, inTime };
  if (state.freeze !== undefined && at < Date.parse(state.freeze.at))
    return { right: { ...state, status: state.freeze.before }, scan: asked, inTime };
  return { right: state, scan: asked, inTime };
}

function livingStatus({ uses }: SoldRight): 'issued' | 'checked_in' {
  return uses.length === 0 ? 'issued' : 'checked_in';
}

/** Until when a former ticket was good; undefined where its place was another, or another came in between. */
function replacedAt({ past }: SoldRight, former: PastTicket): string | undefined {
  const since = past.slice(past.indexOf(former));
  return since.every(({ status }) => status === 'superseded') ? (former.frozenAt ?? former.at) : undefined;
}

/** Somebody who tries a gate all day long is known by then. */
const SHOWN_MAX = 200;
/** A reader reads a code several times while it is held up. */
const SHOWN_AGAIN_MS = 60_000;

/** REI-34 */
function showFormer(state: RightState, { scan }: Of<'ShowFormerTicket'>): readonly RightEvent[] {
  if (state.status === 'none') return [];
  const former = formerOf(state, scan);
  if (former === undefined) return [];
  const { number, status: became } = former;
  const { gateId, at } = scan;
  const known = state.formerShown ?? [];
  const again = known.some((shown) => shown.number === number && isAgain(shown, scan));
  if (again || known.length >= SHOWN_MAX) return [];
  return [{ type: 'FormerTicketShown', shown: { number, became, gateId, at } }];
}

/** REI-11: whoever has lost a ticket does not hold it up at a gate. A document that was shown may be about another ticket. */
function noteRefused(state: RightState, { scan, reason }: Of<'NoteRefusedScan'>): readonly RightEvent[] {
  if (state.status === 'none' || !(isLiving(state) || state.status === 'frozen')) return [];
  if ((scan.revision === undefined && scan.number === undefined) || formerOf(state, scan) !== undefined) return [];
  const { gateId, at } = scan;
  const known = state.refusedScans ?? [];
  if (known.length >= SHOWN_MAX || known.some((scanned) => isAgain(scanned, scan))) return [];
  return [{ type: 'ScanRefused', refused: { gateId, reason, at } }];
}

function isAgain(before: { readonly gateId: string; readonly at: string }, { gateId, at }: Scan): boolean {
  return before.gateId === gateId && Math.abs(Date.parse(at) - Date.parse(before.at)) < SHOWN_AGAIN_MS;
}

/** SAL-51: decided long before it is carried out, so nobody is there to be told what is in the way. */
function exception(sold: SoldRight, command: Of<'RefundTicket'>): readonly RightEvent[] {
  const { refundId } = command.refund;
  if (sold.refund?.refundId === refundId) return [];
  if (sold.refusedRefunds?.some((refused) => refused.refundId === refundId)) return [];
  const state = withCancellation(sold, command.cancellation);
  const given = orAllThatIsOwed(state, command.refund);
  const refusal =
    anotherRevision(state, command.revision) ?? usedSince(state, given, command) ?? refusalOfRefund(state, given);
  return refusal === undefined ? [refunded(state, given)] : [{ type: 'RefundRefused', refundId, reason: refusal.code }];
}

/** SAL-52: whoever asked for a part before the session was cancelled or reduced gets the whole that is owed since. */
function orAllThatIsOwed(state: SoldRight, wanted: TicketRefund): TicketRefund {
  const promised = owed(state);
  return promised !== undefined && promised.returned > wanted.returned ? { ...wanted, ...promised } : wanted;
}

/** Whoever goes in after asking has chosen to go in; who was in before has said so to whoever approved. */
function usedSince(
  state: SoldRight,
  given: TicketRefund,
  { used: usedThen }: Of<'RefundTicket'>,
): DomainError | undefined {
  return state.status === 'used' && given.reason === 'exception' && usedThen !== true ? used(state) : undefined;
}

function refund(sold: SoldRight, { refund: wanted, cancellation }: Of<'RefundTicket'>): readonly RightEvent[] {
  if (sold.refund?.refundId === wanted.refundId) return [];
  const state = withCancellation(sold, cancellation);
  const refusal = refusalOfRefund(state, wanted);
  if (refusal !== undefined) throw refusal;
  return [refunded(state, wanted)];
}

function refusalOfRefund(state: SoldRight, wanted: TicketRefund): DomainError | undefined {
  if (!mayComeBack(state, wanted.reason))
    return state.status === 'used' || state.status === 'checked_in' ? used(state) : notLiving(state);
  if (wanted.fee + wanted.returned !== state.amount)
    return new DomainError('sales.refund-not-the-price', 'Fee and returned money are not what the ticket cost.');
  // Offered between the quote and this decision: nobody pays for what the tenant has made necessary.
  const promised = owed(state);
  if (promised !== undefined && wanted.fee > promised.fee)
    return new DomainError('sales.stale-refund-quote', 'More of its price comes back meanwhile.');
  return undefined;
}

function mayComeBack(state: SoldRight, reason: TicketRefund['reason']): boolean {
  if (state.status === 'issued') return true;
  if (state.status === 'checked_in') return reason !== 'customer';
  if (state.status !== 'used' && state.status !== 'expired') return false;
  return (
    reason === 'exception' ||
    (reason === 'session-cancelled' && state.offer !== undefined && endedInVain(state, state.offer))
  );
}

function refunded(state: SoldRight, wanted: TicketRefund): RightEvent {
  const earned = isLiving(state) ? {} : { earned: true as const };
  const returnPlaces = isAhead(state, wanted.at) && placesUntouched(state) > 0;
  return { type: 'TicketRefunded', refund: wanted, returnPlaces, ...earned };
}

function anotherRevision({ revision }: SoldRight, wanted: number | undefined): DomainError | undefined {
  return wanted === undefined || wanted === revision ? undefined : changed();
}

function refusalOfExchange(state: SoldRight, { revision }: Of<'ExchangeTicket'>): DomainError | undefined {
  if (state.status === 'used' || state.status === 'checked_in') return used(state);
  return isLiving(state) ? anotherRevision(state, revision) : notLiving(state);
}

/** SAL-53: of two who carry it out one may be slow; what it has found must hold when the other comes, be the way free by then. */
function exchange(state: SoldRight, command: Of<'ExchangeTicket'>): readonly RightEvent[] {
  if (state.past.some(({ cause }) => cause === command.exchangeId)) return [];
  if (state.refusedExchanges?.some(({ exchangeId: refused }) => refused === command.exchangeId)) return [];
  const refusal = refusalOfExchange(state, command);
  if (refusal !== undefined) return [{ type: 'ExchangeRefused', exchangeId: command.exchangeId, reason: refusal.code }];
  const { number, revision, sessionId, siteId, date, amount, startsAt, endsAt, holdId } = state;
  const { exchangeId, place, paid, at, cancellation } = command;
  const disruptionId = state.offer?.disruptionId ?? cancellation;
  // SAL-52: what the tenant has made necessary meanwhile is free, though a fee was agreed before.
  const waived = disruptionId === undefined ? ZERO_FEN : command.fee;
  const fee = fen(command.fee - waived);
  const returned = addFen(command.returned, waived);
  const disrupted = disruptionId === undefined ? {} : { disruptionId, ...(waived === ZERO_FEN ? {} : { waived }) };
  return [
    {
      type: 'TicketExchanged',
      exchangeId,
      before: {
        number,
        revision,
        status: 'exchanged',
        sessionId,
        siteId,
        date,
        amount,
        startsAt,
        endsAt,
        cause: exchangeId,
        at,
        ...disrupted,
      },
      holdBefore: holdId,
      peopleBefore: state.admits,
      returnPlaces: isAhead(state, at),
      place,
      fee,
      paid,
      returned,
      at,
    },
  ];
}

/** REI-04 */
function freeze(
  state: SoldRight,
  { applicationId, number, again, at, early }: Of<'FreezeTicket'>,
): readonly RightEvent[] {
  if (state.freeze?.applicationId === applicationId) {
    // What freezes it is the refused decision's, and would be undone by its thaw.
    if (again === true) throw frozen();
    return [];
  }
  if (state.freeze !== undefined && early) throw frozen();
  const refusal = refusalOfReissue(state, applicationId, at) ?? anotherThan(state, number);
  if (refusal !== undefined) return [{ type: 'FreezeRefused', applicationId, reason: refusal.code }];
  return isLiving(state) ? [{ type: 'TicketFrozen', freeze: { applicationId, at, before: state.status } }] : [];
}

/** REI-32: the old ticket dies and the new one lives in this one event. */
function replace(state: SoldRight, { replacement, limited }: Of<'ReplaceTicket'>): readonly RightEvent[] {
  const { applicationId, code, at } = replacement;
  if (state.past.some(({ cause }) => cause === code)) return [];
  if (state.refusedReissues?.some((refused) => refused.code === code)) return [];
  const reason = (refusalOfReissue(state, applicationId, at) ?? changedSince(state, replacement))?.code ?? limited;
  if (reason !== undefined) return [{ type: 'ReissueRefused', applicationId, code, reason }];
  const { number, revision, sessionId, siteId, date, amount } = state;
  const before: PastTicket = {
    number,
    revision,
    status: 'superseded',
    sessionId,
    siteId,
    date,
    amount,
    cause: code,
    at,
    ...(state.freeze === undefined ? {} : { frozenAt: state.freeze.at }),
  };
  return [{ type: 'TicketReplaced', replacement, before }];
}

function refusalOfReissue(state: SoldRight, applicationId: string, at: string): DomainError | undefined {
  if (state.freeze !== undefined && state.freeze.applicationId !== applicationId) return frozen();
  if (state.status === 'used') return used(state);
  if (state.status === 'expired') return expired(state);
  if (!isLiving(state) && state.status !== 'frozen') return notLiving(state);
  // The sweep comes a minute late, and spares what is frozen.
  return Date.parse(at) > Date.parse(state.validUntil) ? expired(state) : undefined;
}

function changedSince(state: SoldRight, { revision, applied }: Replacement): DomainError | undefined {
  return state.revision + 1 === revision ? anotherThan(state, applied) : changed();
}

function anotherThan(state: SoldRight, number: string | undefined): DomainError | undefined {
  return number === undefined || number === state.number ? undefined : changed();
}

function changed(): DomainError {
  return new DomainError('sales.ticket-changed', 'The ticket has changed meanwhile.');
}

function print(state: SoldRight, { serial, by, at }: Of<'PrintTicket'>): readonly RightEvent[] {
  if (!isLiving(state)) throw notLiving(state);
  const [before] = state.prints;
  if (before === undefined) return [{ type: 'TicketPrinted', print: { serial, by, at } }];
  if (before.serial === serial && before.by === by) return [];
  throw new DomainError('sales.ticket-printed-already', 'The ticket was printed before; a second print is a reissue.', {
    serial: before.serial,
    at: before.at,
  });
}

export function used(state: SoldRight): DomainError {
  const use = state.uses[state.uses.length - 1];
  return new DomainError('sales.ticket-used', 'The ticket was used already.', {
    ...(use === undefined ? {} : { at: use.at, gateId: use.gateId }),
  });
}

function frozen(): DomainError {
  return new DomainError('sales.ticket-frozen', 'Another application has frozen the ticket.');
}

function expired({ validUntil }: SoldRight): DomainError {
  return new DomainError('sales.ticket-expired', 'The ticket is past its validity.', { validUntil });
}

function notLiving(state: SoldRight): DomainError {
  return new DomainError('sales.ticket-not-living', 'The ticket is not valid any more.', { status: state.status });
}

/** SAL-54: places of a session that is over are worth nothing to anybody. */
function isAhead(state: SoldRight, at: string): boolean {
  return Date.parse(at) < Date.parse(state.endsAt);
}

function evolve(state: RightState, event: RightEvent): RightState {
  if (event.type === 'TicketIssued') {
    if (state.status !== 'none') return state;
    return { ...event.facts, status: 'issued', revision: 1, uses: [], past: [], prints: [], handedIn: [] };
  }
  if (state.status === 'none') return state;
  switch (event.type) {
    case 'TicketCheckedIn':
      return withUse(state, event.use);
    case 'ScanHandedIn': {
      const told = { ...state, handedIn: [...state.handedIn, event.handedIn] };
      return event.use === undefined ? told : withUse(told, event.use);
    }
    case 'FormerTicketShown':
      return { ...state, formerShown: [...(state.formerShown ?? []), event.shown] };
    case 'ScanRefused':
      return { ...state, refusedScans: [...(state.refusedScans ?? []), event.refused] };
    case 'TicketRefunded':
      return { ...state, status: 'refunded', refund: event.refund };
    case 'TicketExchanged': {
      const { gateIds: _gates, minutesBetweenEntries: _minutes, offer: _offer, ...kept } = state;
      const { ruledFrom } = event.place.productId === state.productId ? state : { ruledFrom: event.at };
      return {
        ...kept,
        ...(ruledFrom === undefined ? {} : { ruledFrom }),
        ...event.place,
        status: 'issued',
        revision: state.revision + 1,
        past: [...state.past, event.before],
        prints: [],
      };
    }
    case 'ExchangeRefused': {
      const { exchangeId, reason } = event;
      return { ...state, refusedExchanges: [...(state.refusedExchanges ?? []), { exchangeId, reason }] };
    }
    case 'RefundRefused': {
      const { refundId, reason } = event;
      return { ...state, refusedRefunds: [...(state.refusedRefunds ?? []), { refundId, reason }] };
    }
    case 'TicketFrozen':
      return { ...state, status: 'frozen', freeze: event.freeze };
    case 'TicketThawed':
      return thawed(state);
    case 'TicketReplaced': {
      const { number, qr, traveller = state.traveller } = event.replacement;
      const past = [...state.past, event.before];
      return { ...thawed(state), number, qr, traveller, revision: state.revision + 1, past, prints: [] };
    }
    case 'TicketExpired':
      return { ...state, status: 'expired' };
    case 'ChoiceOffered':
      return { ...state, offer: event.offer };
    case 'OfferWithdrawn': {
      const { offer: _offer, ...kept } = state;
      return kept;
    }
    case 'TicketPrinted':
      return { ...state, prints: [...state.prints, event.print] };
    case 'ReissueRefused': {
      const { code, reason } = event;
      return { ...state, refusedReissues: [...(state.refusedReissues ?? []), { code, reason }] };
    }
    case 'FreezeRefused':
    case 'TravellerRevealed':
      return state;
  }
}

function thawed({ freeze: before, ...state }: SoldRight): SoldRight {
  return before === undefined ? state : { ...state, status: before.before };
}

function withUse(state: SoldRight, use: Use): SoldRight {
  const next = { ...state, uses: [...state.uses, use] };
  if (placesLeft(next) === 0) return { ...thawed(next), status: 'used' };
  if (next.freeze !== undefined) return { ...next, freeze: { ...next.freeze, before: 'checked_in' } };
  return { ...next, status: state.status === 'expired' ? 'expired' : 'checked_in' };
}

export const rightDecider: Decider<RightState, RightCommand, RightEvent> = {
  initial: { status: 'none' },
  decide,
  evolve,
};
