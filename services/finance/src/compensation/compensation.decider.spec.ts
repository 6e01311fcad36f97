// Which payment carries a compensation: every cell.
import { compensationRefused } from '@tongpiao/contracts';
import { fen, fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import { compensationDecider, type CompensationCommand, type CompensationState } from './compensation.decider.ts';
import { compensationMessages } from './compensation.messages.ts';

const facts = { orderId: 'ord_1', amount: fen(2_000), about: 'rei_1', approvedBy: 'usr_1' };
const place = (...lefts: readonly number[]): CompensationCommand => ({
  type: 'PlaceCompensation',
  facts,
  carriers: lefts.map((left, index) => ({ paymentId: `pay_${index}`, left: fen(left) })),
});
const after = (command: CompensationCommand): CompensationState =>
  fold(
    compensationDecider,
    compensationDecider.initial,
    compensationDecider.decide(compensationDecider.initial, command),
  );

describe('compensation', () => {
  it('REI-52 goes over the payment with the most left', () => {
    expect(after(place(2_000, 9_000, 4_000))).to.deep.equal({ ...facts, status: 'placed', paymentId: 'pay_1' });
    expect(after(place(2_000))).to.include({ status: 'placed', paymentId: 'pay_0' });
    expect(after(place(5_000, 5_000))).to.include({ paymentId: 'pay_0' });
  });
  it('REI-52 is refused where nothing was paid, or too little is left, and says so', () => {
    expect(after(place())).to.include({ status: 'refused', problem: 'no-payment' });
    expect(after(place(1_999, 1_000))).to.include({ status: 'refused', problem: 'exceeds-payment' });
    const [said] = compensationMessages({ type: 'CompensationRefused', facts, problem: 'no-payment' }, { id: 'rfd_1' });
    expect(said).to.have.nested.property('definition.type', compensationRefused.type);
    expect(
      compensationMessages({ type: 'CompensationPlaced', facts, paymentId: 'pay_1' }, { id: 'rfd_1' }),
    ).to.deep.equal([]);
  });
  it('REI-52 is decided once, whatever comes later', () => {
    for (const state of [after(place(2_000)), after(place())])
      for (const again of [place(), place(9_000)]) expect(compensationDecider.decide(state, again)).to.deep.equal([]);
  });
});
