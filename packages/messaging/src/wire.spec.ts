import { ContractBreach } from '@tongpiao/kernel';
import { expect } from 'chai';
import { envelopeOf, happened } from './trial/house.ts';
import { CONTENT_MAX_BYTES, decode, encode, isMessage, parseData } from './wire.ts';

function breachOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ContractBreach) return error.code;
    throw error;
  }
  return 'none';
}

describe('envelopes on the wire', () => {
  it('arrive as they were sent', () => {
    const envelope = envelopeOf(happened, 7);
    expect(decode(encode(envelope))).to.deep.equal(envelope);
  });

  it('that are no JSON break the contract', () => {
    expect(breachOf(() => decode(Buffer.from('{')))).to.equal('messaging.not-json');
  });

  const whole: Record<string, unknown> = { ...envelopeOf(happened, 7) };
  for (const field of [
    'id',
    'type',
    'source',
    'subject',
    'time',
    'tenantid',
    'correlationid',
    'causationid',
    'sequence',
    'specversion',
    'data',
  ]) {
    it(`PLA-44 without ${field} break the contract`, () => {
      const { [field]: _missing, ...rest } = whole;
      expect(breachOf(() => decode(Buffer.from(JSON.stringify(rest))))).to.equal('messaging.envelope-invalid');
    });
  }

  for (const [title, value] of [
    ['a list', []],
    ['nothing', null],
    ['a version of CloudEvents that is not ours', { ...whole, specversion: '0.3' }],
    ['a trace context that is no text', { ...whole, traceparent: 1 }],
  ] as const) {
    it(`that are ${title} break the contract`, () => {
      expect(breachOf(() => decode(Buffer.from(JSON.stringify(value))))).to.equal('messaging.envelope-invalid');
    });
  }

  it('PLA-43 may have fields that this consumer does not know', () => {
    const envelope = { ...envelopeOf(happened, 7, { number: 7, colour: 'red' }), extension: 'new' };
    const received = parseData(decode(Buffer.from(JSON.stringify(envelope))), happened);
    expect(received.data).to.deep.equal({ number: 7 });
  });

  it('whose data do not fit say where, and show no value', () => {
    const envelope = envelopeOf(happened, 7, { number: '110101199003078515' });
    expect(() => parseData(envelope, happened)).to.throw(ContractBreach, /number: invalid_type$/);
  });

  it('are refused when the broker would close the channel over them', () => {
    const envelope = envelopeOf(happened, 7, 'x'.repeat(CONTENT_MAX_BYTES));
    expect(breachOf(() => encode(envelope))).to.equal('messaging.message-too-large');
  });

  it('are narrowed by their definition', () => {
    const message = { envelope: envelopeOf(happened, 7), definition: happened, attempt: 1, redelivered: false };
    expect(isMessage(message, happened) ? message.envelope.data.number : undefined).to.equal(7);
  });
});
