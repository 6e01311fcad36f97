// The stand-in worlds seen from outside, by clients that share no code with them.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createPrivateKey, randomBytes, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import nodemailer from 'nodemailer';
import smpp from 'smpp';
import type { PDU, PduFields, Session } from 'smpp';
import { z } from 'zod';
import { PaymentCredentials, credentialsFile, startSandboxes } from './index.ts';
import type { Sandboxes } from './index.ts';

type WechatRequest = {
  readonly method?: string;
  readonly at?: number;
  readonly nonce?: string;
  readonly tamper?: string;
};

const wechat = async (
  credentials: PaymentCredentials,
  path: string,
  content?: unknown,
  {
    method = content === undefined ? 'GET' : 'POST',
    at = Date.now(),
    nonce = randomBytes(8).toString('hex'),
    tamper,
  }: WechatRequest = {},
): Promise<{ status: number; code: string; verified: boolean; body: Record<string, unknown> }> => {
  const account = credentials.wechat;
  const url = new URL(`${account.baseUrl}${path}`);
  const body = content === undefined ? '' : JSON.stringify(content);
  const timestamp = String(Math.floor(at / 1000));
  const signature = sign(
    'RSA-SHA256',
    Buffer.from(`${method}\n${url.pathname}${url.search}\n${timestamp}\n${nonce}\n${body}\n`),
    createPrivateKey(account.merchantPrivateKeyPem),
  ).toString('base64');
  const answer = await fetch(url, {
    method,
    headers: {
      authorization:
        `WECHATPAY2-SHA256-RSA2048 mchid="${account.mchId}",serial_no="${account.merchantSerial}",` +
        `nonce_str="${nonce}",timestamp="${timestamp}",signature="${signature}"`,
    },
    ...(content === undefined ? {} : { body: tamper ?? body }),
  });
  const text = await answer.text();
  const header = (name: string): string => answer.headers.get(name) ?? '';
  const signed = Buffer.from(`${header('wechatpay-timestamp')}\n${header('wechatpay-nonce')}\n${text}\n`);
  const parsed = text === '' ? {} : z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  return {
    status: answer.status,
    code: String(parsed['code']),
    verified: verify(
      'RSA-SHA256',
      signed,
      account.platformPublicKeyPem,
      Buffer.from(header('wechatpay-signature'), 'base64'),
    ),
    body: parsed,
  };
};

const order = (credentials: PaymentCredentials, change: Record<string, unknown> = {}) => ({
  appid: credentials.wechat.appId,
  mchid: credentials.wechat.mchId,
  description: '门票',
  out_trade_no: `o${randomBytes(8).toString('hex')}`,
  notify_url: 'http://127.0.0.1:9/callbacks',
  amount: { total: 100, currency: 'CNY' },
  ...change,
});

const mainFile = fileURLToPath(new URL('./main.ts', import.meta.url));
const startProcess = async (directory: string): Promise<{ child: ChildProcess; credentials: PaymentCredentials }> => {
  const child = spawn(process.execPath, [mainFile], {
    env: {
      HTTP_PORT: '0',
      SMPP_PORT: '0',
      SMTP_PORT: '0',
      SMPP_SYSTEM_ID: 'a',
      SMPP_PASSWORD: 'b',
      STATE_DIRECTORY: directory,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of child.stdout) if (String(line).includes('are ready')) break;
  return {
    child,
    credentials: PaymentCredentials.parse(JSON.parse(await readFile(join(directory, credentialsFile), 'utf8'))),
  };
};
const kill = async (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
  return child.exitCode;
};

describe('sandboxes', () => {
  let directory = '';

  describe('in this process', () => {
    let sandboxes: Sandboxes;

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sandboxes-'));
      sandboxes = await startSandboxes({ stateDirectory: directory, settings: { smsReceiptDelayMs: 1 } });
    });
    after(async () => {
      await sandboxes.stop();
      await rm(directory, { recursive: true });
    });

    describe('WeChat Pay', () => {
      const native = '/v3/pay/transactions/native';

      it('signs what it answers, refusals too', async () => {
        const credentials = sandboxes.paymentCredentials;
        const created = await wechat(credentials, native, order(credentials));
        expect(created).to.include({ status: 200, verified: true });
        const refused = await wechat(
          credentials,
          native,
          order(credentials, { amount: { total: 0, currency: 'CNY' } }),
        );
        expect(refused).to.include({ status: 400, code: 'PARAM_ERROR', verified: true });
      });

      it('FIN-02 does not serve a request whose body was changed', async () => {
        const credentials = sandboxes.paymentCredentials;
        const wanted = order(credentials);
        const tamper = JSON.stringify({ ...wanted, amount: { total: 1, currency: 'CNY' } });
        expect(await wechat(credentials, native, wanted, { tamper })).to.include({ status: 401, code: 'SIGN_ERROR' });
      });

      it('FIN-02 does not serve an old request, nor the same one twice', async () => {
        const credentials = sandboxes.paymentCredentials;
        expect(await wechat(credentials, native, order(credentials), { at: Date.now() - 302_000 })).to.include({
          status: 401,
        });
        const nonce = randomBytes(8).toString('hex');
        expect(await wechat(credentials, native, order(credentials), { nonce })).to.include({ status: 200 });
        expect(await wechat(credentials, native, order(credentials), { nonce })).to.include({
          status: 401,
          code: 'SIGN_ERROR',
        });
      });

      it('gives a mobile page for H5 payments', async () => {
        const credentials = sandboxes.paymentCredentials;
        const scene = { scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } } };
        const { body } = await wechat(credentials, '/v3/pay/transactions/h5', order(credentials, scene));
        expect(body['h5_url']).to.include(`${sandboxes.httpUrl}/pay/wechat-`);
      });

      it('does not pay one that failed', async () => {
        const credentials = sandboxes.paymentCredentials;
        const wanted = order(credentials);
        await wechat(credentials, native, wanted);
        expect(sandboxes.controlPayment(wanted.out_trade_no, { action: 'fail' })).to.equal('done');
        expect(sandboxes.controlPayment(wanted.out_trade_no, { action: 'pay' })).to.equal('not-payable');
        const path = `/v3/pay/transactions/out-trade-no/${wanted.out_trade_no}?mchid=${credentials.wechat.mchId}`;
        expect((await wechat(credentials, path)).body['trade_state']).to.equal('PAYERROR');
      });
    });

    it('Alipay redirects a signed mobile payment to the page', async () => {
      const account = sandboxes.paymentCredentials.alipay;
      const parameters: Record<string, string> = {
        app_id: account.appId,
        biz_content: JSON.stringify({ out_trade_no: 'wap-1', total_amount: '1.00', subject: '票' }),
        method: 'alipay.trade.wap.pay',
        sign_type: 'RSA2',
        timestamp: '2026-12-01 09:00:00',
      };
      const content = Object.entries(parameters)
        .map(([name, value]) => `${name}=${value}`)
        .join('&');
      const signature = sign('RSA-SHA256', Buffer.from(content), createPrivateKey(account.appPrivateKeyPem)).toString(
        'base64',
      );
      const query = new URLSearchParams({ ...parameters, sign: signature });
      const answer = await fetch(`${account.gatewayUrl}?${query.toString()}`, { redirect: 'manual' });
      expect(answer.headers.get('location')).to.equal(`${sandboxes.httpUrl}/pay/alipay-wap-1`);
    });

    describe('HTTP', () => {
      const get = (path: string): Promise<Response> => fetch(`${sandboxes.httpUrl}${path}`);
      const post = (path: string, content: unknown): Promise<Response> =>
        fetch(`${sandboxes.httpUrl}${path}`, { method: 'POST', body: JSON.stringify(content) });

      it('is ready', async () => expect((await get('/health/ready')).status).to.equal(200));

      it('changes settings one at a time and refuses what it does not know', async () => {
        const changed = await post('/control', { autoPayDelayMs: 7 });
        expect(await changed.json()).to.include({ autoPayDelayMs: 7, callbacks: 'on' });
        expect((await post('/control', { callback: 'off' })).status).to.equal(400);
        expect((await post('/control/payments/none', { action: 'pay' })).status).to.equal(404);
      });

      it('shows payments as JSON and on the page, with foreign text escaped', async () => {
        const credentials = sandboxes.paymentCredentials;
        const wanted = order(credentials, { description: '<script>alert(1)</script>' });
        await wechat(credentials, '/v3/pay/transactions/native', wanted);
        const [first] = z
          .array(z.object({ outTradeNo: z.string() }))
          .parse(await (await get('/payments?limit=1')).json());
        expect(first?.outTradeNo).to.equal(wanted.out_trade_no);
        const page = await (await get('/?lang=en')).text();
        expect(page).to.include('&lt;script&gt;alert(1)').and.not.include('<script>alert(1)');
      });

      it('answers 404 for what is not there and 400 for what cannot be read', async () => {
        expect((await get('/nothing')).status).to.equal(404);
        expect((await get('/pay/%E0%A4%A')).status).to.equal(400);
      });
    });

    describe('the message centre', () => {
      const open = async (): Promise<Session> => {
        const session = smpp.connect({ host: '127.0.0.1', port: sandboxes.ports.smpp });
        session.on('error', () => undefined);
        await once(session, 'connect');
        return session;
      };
      const ask = (
        session: Session,
        command: 'bind_transceiver' | 'bind_receiver' | 'bind_transmitter' | 'submit_sm' | 'enquire_link' | 'query_sm',
        fields: PduFields,
      ): Promise<PDU> => new Promise((resolve) => session[command](fields, resolve));
      const account = { system_id: 'sandbox', password: 'sandbox' };

      it('takes nothing from who is not bound, or bound to receive only', async () => {
        const session = await open();
        expect(
          (await ask(session, 'submit_sm', { destination_addr: '13800000009', short_message: 'x' })).command_status,
        ).to.equal(4);
        await ask(session, 'bind_receiver', account);
        expect(
          (await ask(session, 'submit_sm', { destination_addr: '13800000009', short_message: 'x' })).command_status,
        ).to.equal(4);
        session.destroy();
      });

      it('refuses a wrong password and answers a living session', async () => {
        const session = await open();
        expect((await ask(session, 'bind_transceiver', { ...account, password: 'no' })).command_status).to.equal(0x0e);
        const other = await open();
        expect((await ask(other, 'bind_transceiver', account)).command_status).to.equal(0);
        expect((await ask(other, 'enquire_link', {})).command_status).to.equal(0);
        other.destroy();
      });

      it('takes a long text as message_payload', async () => {
        const session = await open();
        await ask(session, 'bind_transceiver', account);
        const text = '长'.repeat(300);
        await ask(session, 'submit_sm', { destination_addr: '13800000019', data_coding: 8, message_payload: text });
        expect(sandboxes.sms('+86 138-0000-0019')[0]?.text).to.equal(text);
        session.destroy();
      });

      it('sends receipts to a receiver where the sender cannot receive, even one that comes later', async () => {
        const sender = await open();
        await ask(sender, 'bind_transmitter', account);
        const submitted = await ask(sender, 'submit_sm', {
          destination_addr: '13800000029',
          short_message: 'x',
          registered_delivery: 1,
        });
        await new Promise((resolve) => setTimeout(resolve, 20));
        const receiver = await open();
        const receipt = once(receiver, 'deliver_sm').then(([pdu]) =>
          z.object({ receipted_message_id: z.string() }).parse(pdu),
        );
        await ask(receiver, 'bind_receiver', account);
        expect((await receipt).receipted_message_id).to.equal(submitted.message_id);
        sender.destroy();
        receiver.destroy();
      });

      it('sends no receipt where none was asked for, and answers when asked for the state', async () => {
        const session = await open();
        const receipts: PDU[] = [];
        session.on('deliver_sm', (pdu: PDU) => receipts.push(pdu));
        await ask(session, 'bind_transceiver', account);
        const submitted = await ask(session, 'submit_sm', { destination_addr: '13800000039', short_message: 'x' });
        await new Promise((resolve) => setTimeout(resolve, 20));
        const state = await ask(session, 'query_sm', { message_id: submitted.message_id ?? '' });
        expect(state.message_state).to.equal(2);
        expect(receipts).to.have.length(0);
        expect((await ask(session, 'query_sm', { message_id: 'none' })).command_status).to.equal(0x0c);
        session.destroy();
      });
    });

    it('the mail server keeps text, HTML and attachments', async () => {
      const transport = nodemailer.createTransport({ host: '127.0.0.1', port: sandboxes.ports.smtp });
      await transport.sendMail({
        from: 'a@example.com',
        to: 'B@example.com',
        subject: '票',
        text: '文',
        html: '<p>文</p><img src="cid:code@x">',
        attachments: [
          { filename: '票.pdf', content: Buffer.alloc(10) },
          { filename: 'code.png', content: Buffer.alloc(5), cid: 'code@x' },
          { filename: 'page.html', content: '<script>alert(1)</script>' },
        ],
      });
      const [mail] = sandboxes.mail('b@EXAMPLE.com');
      expect(mail).to.deep.include({ subject: '票', from: 'a@example.com', to: ['B@example.com'] });
      const named = (name: string): { path: string; bytes: number; contentId?: string } =>
        mail?.attachments.find(({ filename }) => filename === name) ?? { path: '', bytes: 0 };
      expect([named('票.pdf').bytes, named('code.png').contentId]).to.deep.equal([10, 'code@x']);
      const page = await (await fetch(`${sandboxes.httpUrl}/mail/${mail?.id ?? ''}`)).text();
      expect(page).to.include('票.pdf').and.to.include(named('code.png').path).and.not.to.include('cid:');
      const pdf = await fetch(`${sandboxes.httpUrl}${named('票.pdf').path}`);
      expect([pdf.headers.get('content-type'), (await pdf.arrayBuffer()).byteLength]).to.deep.equal([
        'application/pdf',
        10,
      ]);
      const foreign = await fetch(`${sandboxes.httpUrl}${named('page.html').path}`);
      expect(foreign.headers.get('content-type')).to.equal('application/octet-stream');
      expect((await fetch(`${sandboxes.httpUrl}${named('票.pdf').path}9`)).status).to.equal(404);
    });
  });

  describe('as a process', () => {
    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sandboxes-'));
    });
    afterEach(async () => {
      await rm(directory, { recursive: true });
    });

    it('FIN-02 remembers after kill -9 what was paid, keeps its keys, and ends politely on SIGTERM', async () => {
      const first = await startProcess(directory);
      const wanted = order(first.credentials, { attach: '{"sandbox":"auto"}' });
      await wechat(first.credentials, '/v3/pay/transactions/native', wanted);
      const path = `/v3/pay/transactions/out-trade-no/${wanted.out_trade_no}?mchid=${first.credentials.wechat.mchId}`;
      const deadline = Date.now() + 5_000;
      while ((await wechat(first.credentials, path)).body['trade_state'] !== 'SUCCESS') {
        if (Date.now() > deadline) throw new Error('The payment did not pay itself.');
      }
      await kill(first.child, 'SIGKILL');

      const second = await startProcess(directory);
      const answer = await wechat(second.credentials, path);
      expect(answer).to.include({ status: 200, verified: true });
      expect(answer.body['trade_state']).to.equal('SUCCESS');
      const { baseUrl: _, ...keys } = second.credentials.wechat;
      expect(first.credentials.wechat).to.include(keys);
      expect((await stat(join(directory, credentialsFile))).mode & 0o777).to.equal(0o600);
      expect(await kill(second.child, 'SIGTERM')).to.equal(0);
    });

    it('pays after a kill what had asked to pay itself', async () => {
      const first = await startSandboxes({ stateDirectory: directory, settings: { autoPayDelayMs: 60_000 } });
      const wanted = order(first.paymentCredentials, { attach: '{"sandbox":"auto"}' });
      await wechat(first.paymentCredentials, '/v3/pay/transactions/native', wanted);
      await first.stop();
      const second = await startSandboxes({ stateDirectory: directory, settings: { autoPayDelayMs: 1 } });
      const path = `/v3/pay/transactions/out-trade-no/${wanted.out_trade_no}?mchid=${second.paymentCredentials.wechat.mchId}`;
      const deadline = Date.now() + 5_000;
      while ((await wechat(second.paymentCredentials, path)).body['trade_state'] !== 'SUCCESS') {
        if (Date.now() > deadline) throw new Error('The payment did not pay itself.');
      }
      await second.stop();
    });
  });
});
