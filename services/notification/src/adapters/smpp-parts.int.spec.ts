// Long texts over SMPP against a centre that answers as it is told: what becomes of a message when one of its parts is refused.
import { once } from 'node:events';
import { expect } from 'chai';
import smpp from 'smpp';
import type { PDU } from 'smpp';
import { SubmitOutcomeUnknown, SubmitRefused } from './providers.ts';
import type { SmsProvider, SmsReceipt } from './providers.ts';
import { createSmppProvider } from './smpp.ts';

const THROTTLED = 0x58;
const INVALID_DESTINATION = 0x0b;
const twoParts = '票'.repeat(100);

type Centre = { readonly port: number; readonly parts: readonly number[]; stop(): Promise<void> };

const partOf = (pdu: PDU): number => {
  const content = pdu.short_message;
  return (typeof content === 'string' ? undefined : content?.udh?.[0]?.at(-1)) ?? 1;
};

/** Answers the submissions with these statuses, then accepts; every accepted part has its receipt in the same packet as its answer. */
const startCentre = async (statuses: readonly number[]): Promise<Centre> => {
  const parts: number[] = [];
  const server = smpp.createServer((session) => {
    session.on('error', () => session.destroy());
    session.on('bind_transceiver', (pdu: PDU) => session.send(pdu.response({ system_id: 'centre' })));
    session.on('enquire_link', (pdu: PDU) => session.send(pdu.response()));
    session.on('unbind', (pdu: PDU) => {
      session.send(pdu.response());
      session.close();
    });
    session.on('submit_sm', (pdu: PDU) => {
      const status = statuses[parts.push(partOf(pdu)) - 1] ?? 0;
      if (status !== 0) {
        session.send(pdu.response({ command_status: status }));
        return;
      }
      const id = String(parts.length);
      session.socket.cork();
      session.send(pdu.response({ message_id: id }));
      session.deliver_sm({ esm_class: 0x04, receipted_message_id: id, message_state: 2 });
      session.socket.uncork();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    parts,
    async stop() {
      for (const session of [...server.sessions]) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

describe('NOT-05 parts of a long SMS', () => {
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  const connect = async (statuses: readonly number[]): Promise<{ centre: Centre; provider: SmsProvider }> => {
    const centre = await startCentre(statuses);
    stops.push(() => centre.stop());
    const provider = createSmppProvider({
      name: 'smsc',
      host: '127.0.0.1',
      port: centre.port,
      systemId: 'x',
      password: 'x',
      sourceAddress: '10690000',
      resubmitMs: 1,
    });
    stops.push(() => provider.close());
    const deadline = Date.now() + 5_000;
    while (!provider.healthy()) {
      if (Date.now() > deadline) throw new Error('Waited in vain for the session.');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return { centre, provider };
  };
  const submit = (provider: SmsProvider): Promise<unknown> =>
    provider.submit({ reference: 'msg_1', to: '+8613800001234', text: twoParts }).catch((error: unknown) => error);

  it('NOT-05 a throttled second part is tried again alone', async () => {
    const { centre, provider } = await connect([0, THROTTLED, THROTTLED]);
    expect(await submit(provider)).to.deep.equal({ providerReference: '1', segments: 2 });
    expect(centre.parts).to.deep.equal([1, 2, 2, 2]);
  });

  it('NOT-05 a second part that is throttled for too long leaves the message unknown', async () => {
    const { centre, provider } = await connect([0, ...Array.from({ length: 20 }, () => THROTTLED)]);
    expect(await submit(provider))
      .to.be.instanceOf(SubmitOutcomeUnknown)
      .and.to.include({ code: 'partly-sent 0x00000058' });
    expect(centre.parts).to.deep.equal([1, 2, 2, 2, 2, 2, 2]);
  });

  it('NOT-05 a second part that is refused for good leaves the message unknown at once', async () => {
    const { centre, provider } = await connect([0, INVALID_DESTINATION]);
    expect(await submit(provider))
      .to.be.instanceOf(SubmitOutcomeUnknown)
      .and.to.include({ code: 'partly-sent 0x0000000b' });
    expect(centre.parts).to.deep.equal([1, 2]);
  });

  it('NOT-05 a first part that is throttled says that nothing was sent', async () => {
    const { centre, provider } = await connect([THROTTLED]);
    expect(await submit(provider))
      .to.be.instanceOf(SubmitRefused)
      .and.to.include({ permanent: false, code: '0x00000058' });
    expect(centre.parts).to.deep.equal([1]);
  });

  it('NOT-05 receipts in the same packet as the answers are one receipt', async () => {
    const { provider } = await connect([]);
    const receipts: SmsReceipt[] = [];
    const told = new Promise<void>((resolve) => provider.onReceipt((receipt) => resolve(void receipts.push(receipt))));
    expect(await submit(provider)).to.deep.equal({ providerReference: '1', segments: 2 });
    await told;
    expect(receipts.map(({ providerReference, status }) => `${providerReference} ${status}`)).to.deep.equal([
      '1 delivered',
    ]);
  });
});
