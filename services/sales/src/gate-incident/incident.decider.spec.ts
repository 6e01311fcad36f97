import { specify } from '@tongpiao/testing';
import { expect } from 'chai';
import type { RefusalReason } from '../right/right.ts';
import { REFUSAL_REASONS } from '../right/right.store.ts';
import { incidentDecider } from './incident.decider.ts';
import { incidentMessages } from './incident.messages.ts';
import { incidentKind } from './incident.policy.ts';
import type { IncidentCommand, IncidentEvent, IncidentFacts } from './incident.ts';

const given = specify(incidentDecider);
const facts: IncidentFacts = {
  kind: 'double-use',
  siteId: 'sit_1',
  gateId: 'gat_1',
  foundAt: '2026-12-02T12:00:00.000Z',
  ticketNumber: 'N1',
};
const found: IncidentEvent = { type: 'IncidentFound', facts };
const noted: IncidentEvent = { type: 'IncidentFound', facts: { ...facts, kind: 'forged-refused' } };
const closure = { finding: '持票人出示截图', by: 'usr_1', at: '2026-12-02T13:00:00.000Z' };
const closed: IncidentEvent = { type: 'IncidentClosed', closure };
const find: IncidentCommand = { type: 'FindIncident', facts };
const close: IncidentCommand = { type: 'CloseIncident', closure };

describe('SAL-41 incident at a gate', () => {
  it('none × FindIncident → found, open', () => {
    given().when(find).then(found);
    given()
      .when(find)
      .thenState((state) => {
        expect(state).to.deep.equal({ ...facts, status: 'open' });
      });
  });
  it('none × FindIncident of a forgery that was refused → noted', () => {
    given()
      .when({ type: 'FindIncident', facts: { ...facts, kind: 'forged-refused' } })
      .thenState((state) => {
        expect(state.status).to.equal('noted');
      });
  });
  it('none × CloseIncident → not found', () => {
    given().when(close).thenRefused('platform.not-found');
  });
  it('open, noted, closed × FindIncident → -', () => {
    for (const events of [[found], [noted], [found, closed]])
      given(...events)
        .when(find)
        .thenNothing();
  });
  it('open × CloseIncident → closed with its finding', () => {
    given(found).when(close).then(closed);
    given(found)
      .when(close)
      .thenState((state) => {
        expect(state).to.deep.equal({ ...facts, status: 'closed', closure });
      });
  });
  it('noted × CloseIncident → refused', () => {
    given(noted).when(close).thenRefused('sales.incident-closed');
  });
  it('closed × CloseIncident → - for the same word of the same person, else refused', () => {
    given(found, closed)
      .when({ ...close, closure: { ...closure, at: '2026-12-03T00:00:00.000Z' } })
      .thenNothing();
    given(found, closed)
      .when({ ...close, closure: { ...closure, finding: '另有说法' } })
      .thenRefused('sales.incident-closed');
    given(found, closed)
      .when({ ...close, closure: { ...closure, by: 'usr_2' } })
      .thenRefused('sales.incident-closed');
  });
  it('is told to others unless the gate did right, or v1 has no word for it', () => {
    expect(incidentMessages(found, { id: 'inc_1' })).to.have.length(1);
    expect(incidentMessages(noted, { id: 'inc_1' })).to.deep.equal([]);
    expect(incidentMessages(closed, { id: 'inc_1' })).to.deep.equal([]);
    for (const kind of ['late-hand-in', 'too-many-scans'] as const) {
      const ofDevice: IncidentEvent = { type: 'IncidentFound', facts: { ...facts, kind } };
      expect(incidentMessages(ofDevice, { id: 'inc_1' }), kind).to.deep.equal([]);
    }
  });
});

describe('SAL-41 what is an incident', () => {
  const expected: Readonly<Record<string, readonly RefusalReason[]>> = {
    'double-use': ['already-used', 'too-soon-again', 'too-many-people'],
    'dead-ticket-admitted': ['refunded', 'exchanged', 'voided', 'superseded', 'frozen', 'expired', 'session-cancelled'],
    'wrong-ticket-admitted': ['wrong-site', 'wrong-gate', 'wrong-day', 'too-early', 'too-late', 'wrong-person'],
    'forged-admitted': ['forged', 'unknown'],
  };
  for (const reason of REFUSAL_REASONS) {
    const [kind] = Object.entries(expected).find(([, reasons]) => reasons.includes(reason)) ?? [undefined];
    it(`admitted, and was ${reason} → ${kind ?? 'none'}`, () => {
      expect(incidentKind('admitted', reason)).to.equal(kind);
    });
  }
  it('admitted, and was admissible → none', () => {
    expect(incidentKind('admitted', 'admissible')).to.equal(undefined);
  });
  it('refused → none, but for forgeries, which are noted', () => {
    const noted = [...REFUSAL_REASONS, 'admissible' as const].filter((truth) => incidentKind('refused', truth));
    expect(noted).to.deep.equal(['unknown', 'forged']);
    expect(incidentKind('refused', 'forged')).to.equal('forged-refused');
  });
});
