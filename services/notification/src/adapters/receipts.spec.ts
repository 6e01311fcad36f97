import { expect } from 'chai';
import type { PDU } from 'smpp';
import { createReceiptFold, readReceipt } from './receipts.ts';
import type { PartReceipt } from './receipts.ts';

const at = new Date('2026-12-01T00:00:00Z');
const deliver = (fields: Partial<PDU>): PDU => ({
  command: 'deliver_sm',
  command_status: 0,
  sequence_number: 1,
  esm_class: 0x04,
  isResponse: () => false,
  response: () => deliver({}),
  ...fields,
});
const text = 'id:77 sub:001 dlvrd:001 submit date:2612010000 done date:2612010001 stat:DELIVRD err:000 text:';

describe('delivery receipts', () => {
  it('are read from the optional parameters first', () => {
    const pdu = deliver({ receipted_message_id: '9', message_state: 5, short_message: text });
    expect(readReceipt(pdu, at)).to.deep.equal({ messageId: '9', status: 'failed', at, code: 'DELIVRD' });
  });

  it('are read from the text where there is nothing else', () => {
    expect(readReceipt(deliver({ short_message: { message: text } }), at)).to.include({
      messageId: '77',
      status: 'delivered',
    });
  });

  it('carry the error number where it says something', () => {
    const pdu = deliver({ short_message: text.replace('DELIVRD', 'UNDELIV').replace('err:000', 'err:042') });
    expect(readReceipt(pdu, at)).to.include({ status: 'failed', code: 'UNDELIV 042' });
  });

  it('are not made of what a person wrote', () => {
    expect(readReceipt(deliver({ esm_class: 0, short_message: text }), at)).to.equal(undefined);
  });

  it('that name no message are none', () => {
    expect(readReceipt(deliver({ short_message: 'hello' }), at)).to.equal(undefined);
  });
});

describe('receipts of a message in parts', () => {
  const receipt = (messageId: string, status: PartReceipt['status']): PartReceipt => ({
    messageId,
    status,
    at,
    code: status,
  });
  const threeParts = () => {
    const fold = createReceiptFold();
    const reference = fold.partAccepted('1', undefined);
    fold.partAccepted('2', reference);
    fold.partAccepted('3', reference);
    fold.messageComplete(reference);
    return fold;
  };

  it('are one receipt, after the last part', () => {
    const fold = threeParts();
    expect(fold.receive(receipt('2', 'delivered'))).to.equal(undefined);
    expect(fold.receive(receipt('3', 'delivered'))).to.equal(undefined);
    expect(fold.receive(receipt('1', 'delivered'))).to.include({ providerReference: '1', status: 'delivered' });
  });

  it('say failed where one part failed', () => {
    const fold = threeParts();
    fold.receive(receipt('1', 'failed'));
    fold.receive(receipt('2', 'delivered'));
    expect(fold.receive(receipt('3', 'delivered'))).to.include({ providerReference: '1', status: 'failed' });
  });

  it('wait until every part was accepted', () => {
    const fold = createReceiptFold();
    const reference = fold.partAccepted('1', undefined);
    expect(fold.receive(receipt('1', 'delivered'))).to.equal(undefined);
    expect(reference).to.equal('1');
  });

  it('NOT-05 are one receipt where the first part’s comes before the second part is accepted', () => {
    const fold = createReceiptFold();
    const reference = fold.partAccepted('1', undefined);
    expect(fold.receive(receipt('1', 'failed'))).to.equal(undefined);
    expect(fold.partAccepted('2', reference)).to.equal('1');
    expect(fold.messageComplete(reference)).to.equal(undefined);
    expect(fold.receive(receipt('2', 'delivered'))).to.include({ providerReference: '1', status: 'failed' });
  });

  it('NOT-05 are told with the last part where all of them came before', () => {
    const fold = createReceiptFold();
    const reference = fold.partAccepted('1', undefined);
    fold.receive(receipt('1', 'delivered'));
    fold.partAccepted('2', reference);
    expect(fold.receive(receipt('2', 'delivered'))).to.equal(undefined);
    expect(fold.messageComplete(reference)).to.include({ providerReference: '1', status: 'delivered' });
    expect(fold.messageComplete(reference)).to.equal(undefined);
  });

  it('do not speak of messages on their way', () => {
    const fold = threeParts();
    expect(fold.receive(receipt('1', 'pending'))).to.equal(undefined);
  });

  it('of an unknown message are passed on under its own id', () => {
    expect(createReceiptFold().receive(receipt('8', 'delivered'))).to.include({ providerReference: '8' });
  });
});
