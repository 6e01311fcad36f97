// The SMPP and SMTP adapters against real servers in this process.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandboxes } from '@tongpiao/sandboxes';
import type { Sandboxes } from '@tongpiao/sandboxes';
import { expect } from 'chai';
import { SubmitOutcomeUnknown, SubmitRefused } from './providers.ts';
import type { LateAnswer, MailProvider, SmsProvider, SmsReceipt } from './providers.ts';
import { createSmppProvider } from './smpp.ts';
import type { SmppOptions } from './smpp.ts';
import { createSmtpProvider } from './smtp.ts';

/** Asks again until there is an answer, and says what it waited for if there never is. */
const eventually = async <Value>(what: string, probe: () => Value | undefined | false): Promise<Value> => {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const seen = probe();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const refusal = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('Expected a refusal.');
};

const phone = (ending: string): string =>
  `+86138${randomBytes(2).readUInt16BE().toString().padStart(5, '0').slice(-4)}${ending}`;
const newReference = (): string => `msg_${randomBytes(6).toString('hex')}`;

const longChinese = `【云台景区】${'您预订的门票已出票,请于入园当日凭二维码检票。'.repeat(7)}`.slice(0, 160);

describe('senders', () => {
  let directory = '';
  let sandboxes: Sandboxes;
  const stops: (() => Promise<void>)[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sandboxes-'));
    sandboxes = await startSandboxes({ stateDirectory: directory, settings: { smsReceiptDelayMs: 5 } });
  });
  afterEach(async () => {
    sandboxes.control({ smsPerSecond: 0, mailSlowMs: 3_000 });
    for (const stop of stops.splice(0)) await stop();
  });
  after(async () => {
    await sandboxes.stop();
    await rm(directory, { recursive: true });
  });

  describe('NOT-04 SMS over SMPP', () => {
    const connect = async (change: Partial<SmppOptions> = {}): Promise<SmsProvider & { receipts: SmsReceipt[] }> => {
      const provider = createSmppProvider({
        name: 'smsc',
        host: '127.0.0.1',
        port: sandboxes.ports.smpp,
        systemId: sandboxes.smpp.systemId,
        password: sandboxes.smpp.password,
        sourceAddress: '10690000',
        reconnectMs: 5,
        ...change,
      });
      stops.push(() => provider.close());
      const receipts: SmsReceipt[] = [];
      provider.onReceipt((receipt) => receipts.push(receipt));
      await eventually('the session', () => provider.healthy());
      return { ...provider, receipts };
    };
    const receiptOf = (receipts: readonly SmsReceipt[], providerReference: string): Promise<SmsReceipt> =>
      eventually('the receipt', () => receipts.find((receipt) => receipt.providerReference === providerReference));

    it('NOT-07 sends 160 Chinese characters as three parts and hears of them as one', async () => {
      const provider = await connect();
      const to = phone('1234');
      const { providerReference, segments } = await provider.submit({
        reference: newReference(),
        to,
        text: longChinese,
      });
      expect(segments).to.equal(3);
      const [arrived] = sandboxes.sms(to);
      expect(arrived).to.include({ text: longChinese, segments: 3 });
      expect(await receiptOf(provider.receipts, providerReference)).to.include({
        status: 'delivered',
        code: 'DELIVRD',
      });
      expect(provider.receipts.filter((receipt) => receipt.providerReference === providerReference)).to.have.length(1);
    });

    for (const text of [
      'Gate B opens at 9:30 {today} [~5 €]',
      `${'a'.repeat(152)}€ and some more`,
      '验证码 123456 🎫',
      '',
    ]) {
      it(`delivers ${JSON.stringify(text.slice(-30))} as it was written`, async () => {
        const provider = await connect();
        const to = phone('4321');
        await provider.submit({ reference: newReference(), to, text });
        expect(sandboxes.sms(to)[0]?.text).to.equal(text);
      });
    }

    it('NOT-05 hears that a message was not delivered', async () => {
      const provider = await connect();
      const to = phone('0000');
      const submission = await provider.submit({ reference: newReference(), to, text: '测试' });
      expect(await receiptOf(provider.receipts, submission.providerReference)).to.include({
        status: 'failed',
        code: 'UNDELIV 001',
      });
      expect(await provider.query({ ...submission, to })).to.equal('failed');
    });

    it('NOT-05 learns at once, and for good, that a number is refused', async () => {
      const provider = await connect();
      const error = await refusal(provider.submit({ reference: newReference(), to: phone('0001'), text: '测试' }));
      expect(error).to.be.instanceOf(SubmitRefused).and.to.include({ permanent: true, code: '0x0000000b' });
    });

    it('NOT-05 is refused for the moment where the rate is exceeded', async () => {
      sandboxes.control({ smsPerSecond: 1 });
      const provider = await connect();
      const attempts = [1, 2, 3].map(() =>
        refusal(provider.submit({ reference: newReference(), to: phone('7777'), text: '快' })).catch(() => undefined),
      );
      const errors = (await Promise.all(attempts)).filter((error) => error !== undefined);
      expect(errors).to.not.have.length(0);
      for (const error of errors)
        expect(error).to.be.instanceOf(SubmitRefused).and.to.include({ permanent: false, code: '0x00000058' });
    });

    it('NOT-05 does not take a missing answer for a refusal', async () => {
      const provider = await connect({ responseTimeoutMs: 100 });
      const to = phone('0002');
      const error = await refusal(provider.submit({ reference: newReference(), to, text: '测试' }));
      expect(error).to.be.instanceOf(SubmitOutcomeUnknown).and.to.include({ code: 'timeout' });
      expect(sandboxes.sms(to)).to.have.length(1);
    });

    it('keeps to its window and refuses beyond the queue', async () => {
      const provider = await connect({ window: 1, maximumWaiting: 1, responseTimeoutMs: 100 });
      const submit = (ending: string) =>
        provider.submit({ reference: newReference(), to: phone(ending), text: '测试' });
      const blocked = refusal(submit('0002'));
      const queued = submit('5555');
      expect(await refusal(submit('5555'))).to.include({ code: 'window-full', permanent: false });
      expect(await blocked).to.be.instanceOf(SubmitOutcomeUnknown);
      expect(await queued).to.have.property('segments', 1);
    });

    it('is not healthy with the wrong password, and says why', async () => {
      const troubles: string[] = [];
      const provider = createSmppProvider({
        name: 'smsc',
        host: '127.0.0.1',
        port: sandboxes.ports.smpp,
        systemId: sandboxes.smpp.systemId,
        password: 'wrong',
        sourceAddress: '10690000',
        onTrouble: (what) => troubles.push(what),
      });
      stops.push(() => provider.close());
      await eventually('the refusal', () => troubles.includes('bind refused with status 14'));
      expect(provider.healthy()).to.equal(false);
      const error = await refusal(provider.submit({ reference: newReference(), to: phone('1111'), text: 'x' }));
      expect(error).to.include({ code: 'not-bound', permanent: false });
    });

    it('NOT-05 binds again after the centre was restarted; what was under way is unknown', async () => {
      const ownDirectory = await mkdtemp(join(tmpdir(), 'sandboxes-'));
      const first = await startSandboxes({ stateDirectory: ownDirectory });
      const provider = await connect({ port: first.ports.smpp });
      const underWay = refusal(provider.submit({ reference: newReference(), to: phone('0002'), text: '测试' }));
      await eventually('the message', () => first.sms().length === 1);
      await first.stop();
      expect(await underWay)
        .to.be.instanceOf(SubmitOutcomeUnknown)
        .and.to.include({ code: 'connection-lost' });
      await eventually('the loss', () => !provider.healthy());
      const second = await startSandboxes({ stateDirectory: ownDirectory, smppPort: first.ports.smpp });
      stops.push(async () => {
        await second.stop();
        await rm(ownDirectory, { recursive: true });
      });
      await eventually('the session', () => provider.healthy());
      const to = phone('2222');
      await provider.submit({ reference: newReference(), to, text: '恢复' });
      expect(second.sms(to)).to.have.length(1);
    });

    it('tries again and again where a centre breaks every connection', async () => {
      let connections = 0;
      const mute = createServer((socket) => {
        connections += 1;
        socket.on('error', () => undefined);
        socket.destroy();
      });
      await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
      const address = mute.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      const provider = createSmppProvider({
        name: 'mute',
        host: '127.0.0.1',
        port: address.port,
        systemId: 'x',
        password: 'x',
        sourceAddress: '1',
        reconnectMs: 1,
      });
      stops.push(async () => {
        await provider.close();
        await new Promise((resolve) => mute.close(resolve));
      });
      await eventually('the third attempt', () => connections >= 3);
      expect(provider.healthy()).to.equal(false);
    });

    it('NOT-05 reports an answer that came after its time', async () => {
      // Hands everything on, but what the centre says only after 100 ms.
      const slow = createServer((client) => {
        const centre = createConnection({ host: '127.0.0.1', port: sandboxes.ports.smpp });
        client.on('data', (data) => centre.write(data)).on('close', () => centre.destroy());
        centre.on('data', (data) => setTimeout(() => client.write(data), 100)).on('close', () => client.destroy());
        for (const socket of [client, centre]) socket.on('error', () => undefined);
      });
      await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
      stops.push(() => new Promise((resolve) => slow.close(() => resolve())));
      const address = slow.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      const provider = await connect({ port: address.port, responseTimeoutMs: 20 });
      // The session ends before the line it runs on.
      stops.reverse();
      const late: LateAnswer[] = [];
      provider.onLateAnswer((answer) => late.push(answer));
      const reference = newReference();
      const error = await refusal(provider.submit({ reference, to: phone('3333'), text: '迟' }));
      expect(error).to.be.instanceOf(SubmitOutcomeUnknown);
      const answer = await eventually('the late answer', () => late[0]);
      expect(answer).to.include({ reference, segments: 1 });
      expect(await receiptOf(provider.receipts, answer.providerReference)).to.include({ status: 'delivered' });
    });
  });

  describe('NOT-04 mail over SMTP', () => {
    const connect = (change: { port?: number; timeoutMs?: number } = {}): MailProvider => {
      const provider = createSmtpProvider({
        name: 'smtp',
        host: '127.0.0.1',
        port: sandboxes.ports.smtp,
        secure: false,
        from: '云台景区 <tickets@example.org>',
        messageIdDomain: 'example.org',
        ...change,
      });
      stops.push(() => provider.close());
      return provider;
    };
    const mail = (to: string, reference = newReference()) => ({
      reference,
      to,
      subject: '订单已出票',
      text: '请凭二维码入园。',
      html: '<p>请凭<b>二维码</b>入园。</p>',
    });

    it('sends text and HTML under an id of our own', async () => {
      const to = `${newReference()}@example.com`;
      const wanted = mail(to);
      const { providerReference } = await connect().send(wanted);
      const [arrived] = sandboxes.mail(to);
      expect(arrived).to.include({
        subject: wanted.subject,
        messageId: providerReference,
        from: 'tickets@example.org',
      });
      expect(arrived?.text.trim()).to.equal(wanted.text);
      expect(arrived?.html).to.include('<b>二维码</b>');
    });

    it('NOT-05 learns for good that a mailbox does not exist', async () => {
      const provider = connect();
      const error = await refusal(provider.send(mail('bounce@example.com')));
      expect(error).to.be.instanceOf(SubmitRefused).and.to.include({ permanent: true, code: '550' });
      expect(provider.healthy()).to.equal(true);
    });

    it('NOT-05 does not take silence after the content for a refusal, and sends nothing twice', async () => {
      sandboxes.control({ mailSlowMs: 1_500 });
      const provider = connect({ timeoutMs: 200 });
      const reference = newReference();
      const error = await refusal(provider.send(mail('slow@example.com', reference)));
      expect(error).to.be.instanceOf(SubmitOutcomeUnknown);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(
        sandboxes.mail('slow@example.com').filter(({ messageId }) => messageId.includes(reference)),
      ).to.have.length(1);
    });

    it('NOT-05 may try again where the server could not be reached', async () => {
      const unused = createServer();
      await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
      const address = unused.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      await new Promise((resolve) => unused.close(resolve));
      const provider = connect({ port: address.port });
      expect(await refusal(provider.send(mail('a@example.com'))))
        .to.be.instanceOf(SubmitRefused)
        .and.to.include({ permanent: false });
      expect(provider.healthy()).to.equal(false);
    });
  });
});
