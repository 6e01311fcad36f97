import { specify } from '@tongpiao/testing';
import { fold } from '@tongpiao/kernel';
import { expect } from 'chai';
import fc from 'fast-check';
import { chargeDecider, type ChargeEvent } from './charge.ts';

const told = (messages: number, segments: number): ChargeEvent => ({
  type: 'ChargesTold',
  provider: 'smpp',
  messages,
  segments,
});
const tell = (messages: number, segments: number) =>
  ({ type: 'TellCharges', provider: 'smpp', messages, segments }) as const;
const given = specify(chargeDecider);

describe('NOT-07 telling finance what SMS cost', () => {
  it('NOT-07 tells everything the first time and the difference afterwards', () => {
    given().when(tell(3, 5)).then(told(3, 5));
    given(told(3, 5)).when(tell(4, 7)).then(told(1, 2));
  });

  it('NOT-07 tells nothing twice, and nothing less', () => {
    given().when(tell(0, 0)).thenNothing();
    given(told(3, 5)).when(tell(3, 5)).thenNothing();
    given(told(3, 5)).when(tell(2, 4)).thenNothing();
  });

  it('NOT-07 whatever order readers come in, what was told adds up to the most that was seen', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 40 }), (seen) => {
        let state = chargeDecider.initial;
        let sum = 0;
        for (const messages of seen) {
          const events = chargeDecider.decide(state, tell(messages, messages * 2));
          for (const event of events) sum += event.segments;
          state = fold(chargeDecider, state, events);
        }
        expect(sum).to.equal(Math.max(...seen) * 2);
      }),
    );
  });
});
