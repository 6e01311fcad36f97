// Freezing, thawing and replacing a ticket: every cell, and that one right never has two living tickets whatever the applications do.
import type { TicketStatus } from '@tongpiao/contracts';
import { DomainError, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { admission } from './admission.policy.ts';
import { rightDecider } from './right.decider.ts';
import { rightMessages } from './right.messages.ts';
import { scanAt, soldRight, traveller } from './right.fixture.ts';
import type { Replacement, RightCommand, RightState, SoldRight } from './right.ts';

const AT = '2026-11-30T00:00:00.000Z';
const use = { at: scanAt().at, gateId: 'gat_1', people: 1 };
const EXPIRED = 'sales.ticket-expired';
const freeze = (applicationId = 'rei_1', early = false): RightCommand => ({
  type: 'FreezeTicket',
  applicationId,
  at: AT,
  early,
});
const thaw = (applicationId = 'rei_1'): RightCommand => ({ type: 'ThawTicket', applicationId, at: AT });
const replace = (change: Partial<Replacement> = {}): RightCommand => ({
  type: 'ReplaceTicket',
  replacement: {
    applicationId: 'rei_1',
    code: 'RC-1',
    kind: 'replacement',
    number: 'N2',
    qr: 'TP1.K1.P2.S',
    revision: 2,
    at: AT,
    ...change,
  },
});
const states: Readonly<Record<TicketStatus, SoldRight>> = {
  issued: soldRight(),
  checked_in: soldRight({ status: 'checked_in', entries: 2, uses: [use] }),
  frozen: soldRight({ status: 'frozen', freeze: { applicationId: 'rei_1', at: AT, before: 'issued' } }),
  used: soldRight({ status: 'used', uses: [use] }),
  refunded: soldRight({ status: 'refunded' }),
  exchanged: soldRight({ status: 'exchanged' }),
  voided: soldRight({ status: 'voided' }),
  superseded: soldRight({ status: 'superseded' }),
  expired: soldRight({ status: 'expired' }),
};

function cell(state: RightState, command: RightCommand): string {
  try {
    return (
      rightDecider
        .decide(state, command)
        .map((event) => ('reason' in event ? `${event.type} ${event.reason}` : event.type))
        .join('+') || '-'
    );
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}
const row = (command: RightCommand): Record<string, string> => ({
  none: cell({ status: 'none' }, command),
  ...Object.fromEntries(Object.entries(states).map(([status, state]) => [status, cell(state, command)])),
});
const after = (state: RightState, command: RightCommand): RightState =>
  fold(rightDecider, state, rightDecider.decide(state, command));
const refusedAs = (type: 'FreezeRefused' | 'ReissueRefused') => ({
  used: `${type} sales.ticket-used`,
  refunded: `${type} sales.ticket-not-living`,
  exchanged: `${type} sales.ticket-not-living`,
  voided: `${type} sales.ticket-not-living`,
  superseded: `${type} sales.ticket-not-living`,
  expired: `${type} ${EXPIRED}`,
});

describe('right: reissue', () => {
  it('REI-04 FreezeTicket', () => {
    expect(row(freeze())).to.deep.equal({
      none: 'platform.not-found',
      issued: 'TicketFrozen',
      checked_in: 'TicketFrozen',
      frozen: '-',
      ...refusedAs('FreezeRefused'),
    });
    expect(cell(states.frozen, freeze('rei_2'))).to.equal('FreezeRefused sales.ticket-frozen');
  });
  it('REI-04 FreezeTicket that is early: only a ticket that another case has frozen waits', () => {
    expect(cell(states.frozen, freeze('rei_2', true))).to.equal('sales.ticket-frozen');
    for (const [status, state] of Object.entries(states))
      expect(cell(state, freeze('rei_1', true)), status).to.equal(cell(state, freeze('rei_1')));
  });
  it('ThawTicket: only by the application that froze it', () => {
    const quiet = Object.fromEntries(Object.keys(states).map((status) => [status, '-']));
    expect(row(thaw())).to.deep.equal({ none: 'platform.not-found', ...quiet, frozen: 'TicketThawed' });
    expect(cell(states.frozen, thaw('rei_2'))).to.equal('-');
  });
  it('REI-32 ReplaceTicket', () => {
    expect(row(replace())).to.deep.equal({
      none: 'platform.not-found',
      issued: 'TicketReplaced',
      checked_in: 'TicketReplaced',
      frozen: 'TicketReplaced',
      ...refusedAs('ReissueRefused'),
    });
    expect(cell(states.frozen, replace({ applicationId: 'rei_2' }))).to.equal('ReissueRefused sales.ticket-frozen');
  });
  it('SAL-25 ReplaceTicket for a document that has a ticket there: refused, unless the ticket itself is the reason', () => {
    const limited = (change: Partial<Replacement> = {}): RightCommand =>
      ({ ...replace(change), limited: 'sales.document-has-ticket' }) as RightCommand;
    for (const status of ['issued', 'checked_in', 'frozen'] as const)
      expect(cell(states[status], limited()), status).to.equal('ReissueRefused sales.document-has-ticket');
    expect(cell(states.used, limited())).to.equal('ReissueRefused sales.ticket-used');
    expect(cell(states.frozen, limited({ applied: 'N0' }))).to.equal('ReissueRefused sales.ticket-changed');
    // Its code has had its answer.
    expect(cell(after(states.issued, replace()), limited())).to.equal('-');
    expect(cell(after(states.issued, limited()), replace())).to.equal('-');
  });
  it('REI-05 ReplaceTicket of a ticket that has changed since: refused', () => {
    for (const change of [{ revision: 3 }, { applied: 'N0' }])
      expect(cell(states.frozen, replace(change))).to.equal('ReissueRefused sales.ticket-changed');
    expect(cell(states.frozen, replace({ applied: 'N1' }))).to.equal('TicketReplaced');
  });
  it('REI-04 REI-32 a ticket past its validity is neither frozen nor replaced, whatever the sweep has done; one that was frozen expires after the thaw', () => {
    const { validUntil } = states.issued;
    const after = new Date(Date.parse(validUntil) + 1).toISOString();
    const freezeAt = (at: string): RightCommand => ({ ...freeze(), at }) as RightCommand;
    for (const status of ['issued', 'checked_in'] as const) {
      expect(cell(states[status], freezeAt(validUntil)), status).to.equal('TicketFrozen');
      expect(cell(states[status], freezeAt(after)), status).to.equal(`FreezeRefused ${EXPIRED}`);
    }
    for (const status of ['issued', 'checked_in', 'frozen'] as const) {
      expect(cell(states[status], replace({ at: validUntil })), status).to.equal('TicketReplaced');
      expect(cell(states[status], replace({ at: after })), status).to.equal(`ReissueRefused ${EXPIRED}`);
    }
    for (const status of ['refunded', 'used'] as const)
      expect(cell(states[status], freezeAt(after)), status).to.equal(cell(states[status], freeze()));
    expect(cell(states.frozen, { type: 'ExpireTicket', at: after })).to.equal('-');
    const thawed = fold(rightDecider, states.frozen, rightDecider.decide(states.frozen, thaw()));
    expect(cell(thawed, { type: 'ExpireTicket', at: after })).to.equal('TicketExpired');
  });
  it('REI-23 a code that was refused stays refused, whatever becomes of the ticket: its case is over', () => {
    const [refusal] = rightDecider.decide(states.used, replace());
    if (refusal === undefined) throw new Error('not refused');
    for (const [status, state] of Object.entries(states)) {
      const later = rightDecider.evolve(state, refusal);
      expect(cell(later, replace()), status).to.equal('-');
      expect(cell(later, replace({ code: 'RC-2' })), status).to.equal(cell(state, replace({ code: 'RC-2' })));
    }
  });
  it('REI-04 REI-23 a refusal is told in the write that decides it', () => {
    const told = (command: RightCommand): unknown =>
      rightDecider
        .decide(states.used, command)
        .flatMap((event) => rightMessages(event, { id: 'rgt_1', state: states.used }))
        .map((said) => ('definition' in said ? { type: said.definition.type, data: said.data } : said));
    const about = { rightId: 'rgt_1', applicationId: 'rei_1', reason: 'sales.ticket-used' };
    expect(told(freeze())).to.deep.equal([{ type: 'sales.ticket.freeze-refused.v1', data: about }]);
    expect(told(replace())).to.deep.equal([
      { type: 'sales.ticket.reissue-refused.v1', data: { ...about, reissueCode: 'RC-1' } },
    ]);
  });
  it('REI-41 FreezeTicket for an appeal: once its own refusal has thawed it, and only the ticket that it is about', () => {
    const again = (early = false): RightCommand =>
      ({ ...freeze('rei_1', early), again: true, number: 'N1' }) as RightCommand;
    expect(cell(states.issued, again())).to.equal('TicketFrozen');
    for (const early of [true, false])
      expect(cell(states.frozen, again(early)), 'its thaw is on its way').to.equal('sales.ticket-frozen');
    expect(cell(after(states.frozen, thaw()), again())).to.equal('TicketFrozen');
    expect(cell(after(states.issued, replace()), again())).to.equal('FreezeRefused sales.ticket-changed');
    expect(cell(states.used, again())).to.equal('FreezeRefused sales.ticket-used');
  });
  it('REI-23 the same code again: nothing, whatever has become of the new ticket', () => {
    const once = after(states.frozen, replace());
    expect(once).to.include({ status: 'issued', revision: 2, number: 'N2' });
    expect(cell(once, replace())).to.equal('-');
    expect(cell({ ...(once as SoldRight), status: 'used' }, replace())).to.equal('-');
  });
  it('a thawed or replaced ticket is what it was: entries that were used stay used', () => {
    const halfUsed = after(states.checked_in, freeze());
    expect(halfUsed.status).to.equal('frozen');
    expect(after(halfUsed, thaw())).to.include({ status: 'checked_in' }).and.not.have.property('freeze');
    expect(after(halfUsed, replace())).to.include({ status: 'checked_in' }).and.have.property('uses').with.lengthOf(1);
  });
  it('REI-32 a reissue of a reissue: each old QR says superseded, the newest opens', () => {
    const twice = after(after(states.issued, replace()), replace({ code: 'RC-2', number: 'N3', revision: 3 }));
    for (const revision of [1, 2]) expect(admission(twice, scanAt({ revision }))).to.include({ reason: 'superseded' });
    expect(admission(twice, scanAt({ revision: 3 })).admitted).to.equal(true);
  });
  it('REI-34 ShowFormerTicket: on record whatever has become of the newer one, once a minute and gate, and not without end', () => {
    const show = (change: Parameters<typeof scanAt>[0] = {}): RightCommand => ({
      type: 'ShowFormerTicket',
      scan: scanAt({ revision: 1, ...change }),
    });
    const later = (minutes: number): string => new Date(Date.parse(scanAt().at) + minutes * 60_000).toISOString();
    const replaced = after(states.issued, replace());
    const former = (replaced as SoldRight).past;
    for (const [status, state] of Object.entries(states))
      expect(cell({ ...state, revision: 2, past: former }, show()), status).to.equal('FormerTicketShown');
    expect(cell({ status: 'none' }, show())).to.equal('-');
    expect(cell(states.issued, show()), 'no former ticket').to.equal('-');
    expect(cell(replaced, show({ revision: 2 })), 'the living one').to.equal('-');
    expect(cell(replaced, show({ revision: undefined, number: 'N1' }))).to.equal('FormerTicketShown');
    const once = after(replaced, show());
    expect(once).to.have.nested.property('formerShown[0].became', 'superseded');
    expect(cell(once, show({ at: later(0.5) }))).to.equal('-');
    expect(cell(once, show({ at: later(0.5), gateId: 'gat_2' }))).to.equal('FormerTicketShown');
    expect(cell(once, show({ at: later(1) }))).to.equal('FormerTicketShown');
    let state = once;
    for (let minute = 1; minute < 300; minute += 1) state = after(state, show({ at: later(minute) }));
    expect((state as SoldRight).formerShown).to.have.length(200);
  });
  it('REI-34 a former ticket that a gate without network decided on is told with what it decided', () => {
    const replaced = after(states.issued, replace());
    const scan = scanAt({ revision: 1 });
    const state = after(replaced, { type: 'HandInScan', scanId: 'scn_1', scan, decided: 'admitted' });
    expect(state).to.have.nested.property('handedIn[0].former', 'N1');
    const [event] = rightDecider.decide(replaced, { type: 'HandInScan', scanId: 'scn_1', scan, decided: 'admitted' });
    if (event === undefined) throw new Error('not on record');
    const [said] = rightMessages(event, { id: 'rgt_1', state });
    expect(said).to.have.nested.property('definition.type', 'sales.ticket.former-shown.v1');
    expect(said).to.have.nested.property('data.decided', 'admitted');
    expect(said).to.have.nested.property('data.shownNumber', 'N1');
  });
  describe('SAL-41 REI-04 a scan of a gate without network that is told after the ticket was frozen or replaced', () => {
    const NINE = scanAt().at;
    const minutes = (count: number): string => new Date(Date.parse(NINE) + count * 60_000).toISOString();
    const frozenAt = (state: RightState, at: string): SoldRight =>
      after(state, { ...freeze(), at } as RightCommand) as SoldRight;
    const replacedAt = (state: RightState, at: string, change: Partial<Replacement> = {}): SoldRight =>
      after(state, replace({ at, ...change })) as SoldRight;
    type Told = readonly [truth: string, uses: number, status: string, ...said: string[]];
    function told(state: SoldRight, change: Parameters<typeof scanAt>[0] = {}, decided = 'admitted'): Told {
      const scan = scanAt({ revision: 1, ...change });
      const command = { type: 'HandInScan', scanId: 'scn_1', scan, decided } as RightCommand;
      const events = rightDecider.decide(state, command);
      const next = fold(rightDecider, state, events);
      if (next.status === 'none') throw new Error('a right vanished');
      const said = events
        .flatMap((event) => rightMessages(event, { id: 'rgt_1', state: next }))
        .flatMap((one) => ('definition' in one ? [one.definition.type.split('.')[2] ?? ''] : []));
      return [next.handedIn.at(-1)?.truth ?? '', next.uses.length, next.status, ...said];
    }
    const one = soldRight();
    const two = soldRight({ entries: 2 });

    it('scanned before the freeze: a use; used up, its case ends; else frozen still, and checked in after the thaw', () => {
      expect(told(frozenAt(one, minutes(1)))).to.deep.equal(['admissible', 1, 'used', 'used']);
      expect(told(frozenAt(two, minutes(1)))).to.deep.equal(['admissible', 1, 'frozen', 'scanned']);
      const scan = scanAt({ revision: 1 });
      const command: RightCommand = { type: 'HandInScan', scanId: 'scn_1', scan, decided: 'admitted' };
      expect(after(after(frozenAt(two, minutes(1)), command), thaw()))
        .to.include({ status: 'checked_in' })
        .and.not.have.property('freeze');
      const usedUp = after(frozenAt(one, minutes(1)), command);
      expect(usedUp).to.not.have.property('freeze');
      expect([cell(usedUp, thaw()), cell(usedUp, replace())]).to.deep.equal(['-', 'ReissueRefused sales.ticket-used']);
      expect(after(after(frozenAt(two, minutes(1)), command), replace()), 'and what is left is the new one’s')
        .to.include({ status: 'checked_in', number: 'N2' })
        .and.have.property('uses')
        .with.lengthOf(1);
    });
    it('scanned when it was frozen, or turned away before: no use', () => {
      for (const at of [NINE, minutes(-1)])
        expect(told(frozenAt(one, at))).to.deep.equal(['frozen', 0, 'frozen', 'scanned']);
      expect(told(frozenAt(one, minutes(1)), {}, 'refused')).to.deep.equal(['admissible', 0, 'frozen', 'scanned']);
      expect(told(frozenAt(one, minutes(1)), { siteId: 'sit_9' })[0]).to.equal('wrong-site');
    });
    it('scanned before it was replaced: the new ticket has so much less left', () => {
      expect(told(replacedAt(one, minutes(1)))).to.deep.equal(['admissible', 1, 'used', 'used']);
      expect(told(replacedAt(two, minutes(1)))).to.deep.equal(['admissible', 1, 'checked_in', 'scanned']);
      expect(told(replacedAt(two, minutes(1)), { revision: undefined, number: 'N1' })[0]).to.equal('admissible');
      expect(told(replacedAt(one, minutes(1)), {}, 'refused')).to.deep.equal(['admissible', 0, 'issued', 'scanned']);
      const twice = replacedAt(replacedAt(two, minutes(1)), minutes(2), { code: 'RC-2', number: 'N3', revision: 3 });
      expect(told(twice)).to.deep.equal(['admissible', 1, 'checked_in', 'scanned']);
      expect(told(frozenAt(replacedAt(two, minutes(1)), minutes(2)))).to.deep.equal([
        ...['admissible', 1, 'frozen', 'scanned'],
      ]);
    });
    it('scanned after the case had frozen it, or after it was replaced: a dead ticket, and the new one is whole', () => {
      const dead = ['superseded', 0, 'issued', 'former-shown'];
      expect(told(replacedAt(two, NINE))).to.deep.equal(dead);
      expect(told(replacedAt(frozenAt(two, minutes(-1)), minutes(1)))).to.deep.equal(dead);
      expect(told(replacedAt(frozenAt(two, minutes(1)), minutes(2)))).to.deep.equal([
        ...['admissible', 1, 'checked_in', 'scanned'],
      ]);
    });
    it('the new ticket was used up, or its right is over, before it is told: no use, and what it met', () => {
      const replaced = replacedAt(one, minutes(1));
      const used = after(replaced, { type: 'CheckIn', scan: scanAt({ revision: 2, at: minutes(5) }) }) as SoldRight;
      expect(told(used)).to.deep.equal(['already-used', 1, 'used']);
      expect(told({ ...replaced, status: 'refunded' })).to.deep.equal(['refunded', 0, 'refunded']);
      expect(told({ ...replaced, status: 'expired' })).to.deep.equal(['admissible', 1, 'used']);
    });
    it('REI-31 the document of the traveller before a correction is not held against it', () => {
      const corrected = replacedAt(one, minutes(1), { traveller });
      expect(told(corrected, { documentIndex: 'another' })[0]).to.equal('admissible');
      expect(told(corrected, { documentIndex: 'another', revision: 2, at: minutes(2) })[0]).to.equal('wrong-person');
    });
    it('an exchange lies between: its place was another', () => {
      const replaced = replacedAt(one, minutes(1));
      const [former] = replaced.past;
      if (former === undefined) throw new Error('not replaced');
      const exchanged = { ...former, number: 'N2', revision: 2, status: 'exchanged' as const };
      const moved = { ...replaced, number: 'N3', revision: 3, past: [former, exchanged] };
      expect(told(moved)).to.deep.equal(['superseded', 0, 'issued', 'former-shown']);
      expect(told(moved, { revision: 2 })[0]).to.equal('exchanged');
    });
  });
  it('REI-11 NoteRefusedScan: of a ticket that has entries left, once a minute and gate, and not without end', () => {
    const note = (change: Parameters<typeof scanAt>[0] = {}): RightCommand => ({
      type: 'NoteRefusedScan',
      scan: scanAt({ revision: 1, ...change }),
      reason: 'too-early',
    });
    const later = (minutes: number): string => new Date(Date.parse(scanAt().at) + minutes * 60_000).toISOString();
    const noted = { issued: 'ScanRefused', checked_in: 'ScanRefused', frozen: 'ScanRefused' };
    const nothing = Object.fromEntries(['none', ...Object.keys(states)].map((status) => [status, '-']));
    expect(row(note())).to.deep.equal({ ...nothing, ...noted });
    expect(cell(states.issued, note({ revision: undefined })), 'a document was shown').to.equal('-');
    expect(cell(after(states.issued, replace()), note()), 'a former ticket').to.equal('-');
    const once = after(states.issued, note());
    expect(once).to.have.nested.property('refusedScans[0].reason', 'too-early');
    expect(cell(once, note({ at: later(0.5) }))).to.equal('-');
    expect(cell(once, note({ at: later(0.5), gateId: 'gat_2' }))).to.equal('ScanRefused');
    let state = once;
    for (let minute = 1; minute < 300; minute += 1) state = after(state, note({ at: later(minute) }));
    expect((state as SoldRight).refusedScans).to.have.length(200);
  });
  it('REI-11 told of a ticket with entries left: let in, refused, or decided by a gate without network; not of one that is used up', () => {
    const told = (state: RightState, command: RightCommand): readonly string[] => {
      const events = rightDecider.decide(state, command);
      const next = fold(rightDecider, state, events);
      return events
        .flatMap((event) => rightMessages(event, { id: 'rgt_1', state: next }))
        .map((said) => {
          const { definition, data } = said as unknown as {
            definition: { type: string };
            data: { decided?: string; reason?: string };
          };
          return [definition.type, data.decided, data.reason].filter((part) => part !== undefined).join(' ');
        });
    };
    const scan = scanAt({ revision: 1 });
    const twice = soldRight({ entries: 2 });
    const handIn = (decided: 'admitted' | 'refused'): RightCommand => ({
      ...{ type: 'HandInScan', scanId: 'scn_1', scan, decided },
    });
    expect(told(twice, { type: 'CheckIn', scan })).to.deep.equal(['sales.ticket.scanned.v1 admitted']);
    expect(told(soldRight(), { type: 'CheckIn', scan })).to.deep.equal(['sales.ticket.used.v1']);
    expect(told(twice, { type: 'NoteRefusedScan', scan, reason: 'too-early' })).to.deep.equal([
      'sales.ticket.scanned.v1 refused too-early',
    ]);
    expect(told(twice, handIn('admitted'))).to.deep.equal(['sales.ticket.scanned.v1 admitted']);
    expect(told(soldRight(), handIn('admitted'))).to.deep.equal(['sales.ticket.used.v1']);
    expect(told(twice, handIn('refused'))).to.deep.equal(['sales.ticket.scanned.v1 refused']);
    expect(told(states.frozen, handIn('admitted'))).to.deep.equal(['sales.ticket.scanned.v1 admitted frozen']);
    expect(told(states.used, handIn('refused'))).to.deep.equal([]);
  });
  it('one living ticket for one right, whatever two applications do with it', () => {
    const anything = fc.oneof(
      fc.constantFrom('rei_1', 'rei_2').map(freeze),
      fc.constantFrom('rei_1', 'rei_2').map(thaw),
      fc
        .record({ applicationId: fc.constantFrom('rei_1', 'rei_2'), code: fc.constantFrom('RC-1', 'RC-2', 'RC-3') })
        .map(({ applicationId, code }) => replace({ applicationId, code, number: `N-${code}` })),
      fc.constant<RightCommand>({ type: 'CheckIn', scan: scanAt({ revision: undefined }) }),
    );
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 30 }), (commands) => {
        let state: RightState = soldRight();
        for (const command of commands) {
          try {
            state = after(state, command);
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
          }
          if (state.status === 'none') throw new Error('a right vanished');
          expect(state.revision).to.equal(state.past.length + 1);
          expect(new Set([state.number, ...state.past.map(({ number }) => number)]).size).to.equal(state.revision);
          expect(state.status === 'frozen').to.equal(state.freeze !== undefined);
        }
      }),
      { numRuns: 500 },
    );
  });
});
