// What an applicant is told of a lost or wrong ticket, on real servers: the words of each step, and the new ticket in the mail. That each
// is told once, whatever is repeated or dies in between, is shown together with the other messages after the sale.
import {
  applicationOverdue,
  applicationProgressed,
  applicationReissued,
  type MessageDefinition,
} from '@tongpiao/contracts';
import { eventually, settled } from '@tongpiao/testing';
import { expect } from 'chai';
import { extractText, getDocumentProxy } from 'unpdf';
import { phone, startWorld, toldAfterSale, type World } from './notification.fixture.ts';

const CASE = 'rei_0a5d8k2m7q9x3c6v1b4n';
/** The example lies in the past by now or will some day. */
const until = new Date(Date.now() + 86_400_000).toISOString();
const day = new Date(Date.parse(until) + 28_800_000).toISOString();
const by = `${Number(day.slice(5, 7))}月${Number(day.slice(8, 10))}日${day.slice(11, 16)}`;

type Heard = {
  sms: string;
  subject: string;
  text: string;
  pdf: string | undefined;
};

describe('REI-33 what the applicant is told', () => {
  let world: World;
  let stop: () => Promise<void>;
  before(async () => {
    world = await startWorld();
    const running = await world.start();
    stop = () => running.stop();
  });
  after(async () => {
    await stop();
    await world.stop();
  });
  let people = 0;
  type Change = Parameters<typeof toldAfterSale>[2];
  const say = async (definition: MessageDefinition, change: Change): Promise<Heard> => {
    people += 1;
    const [to, email] = [phone(), `applicant-${people}@example.cn`];
    await world.publish(toldAfterSale(world, definition, change, { phone: to, email }));
    const mail = await eventually('mail', () => world.sandboxes.mail(email)[0]);
    const sms = await eventually('SMS', () => world.sandboxes.sms(to)[0]);
    return {
      sms: sms.text,
      subject: mail.subject,
      text: mail.text,
      pdf: mail.attachments.find(({ mimeType }) => mimeType === 'application/pdf')?.path,
    };
  };
  const step = (status: string, change: Change = {}): Promise<Heard> =>
    say(applicationProgressed, (id) => ({
      ...{ status, fee: undefined, until: undefined, frozen: false, proven: true },
      ...(typeof change === 'function' ? change(id) : change),
    }));

  it('received, and that the old ticket is frozen where it is', async () => {
    const { sms, text } = await step('verifying');
    expect(sms).to.equal('【云台山】分时入园门票补发申请已受理，票号0A7F3K9Q2M5X8C4，正在核验，有进展即通知您。');
    expect(text).to.contain(`申请编号${CASE}`).and.contain('张三丰');
    const frozen = await step('verifying', { frozen: true });
    expect(frozen.sms).to.contain('票0A7F3K9Q2M5X8C4已冻结暂不能使用');
    expect(frozen.subject).to.equal('补发申请已受理，原票已冻结：分时入园门票');
  });

  it('REI-02 a ticket with a name: its document is wanted, and until when', async () => {
    const { sms, text } = await step('verifying', { frozen: true, until });
    expect(sms).to.equal(`【云台山】分时入园门票补发申请已受理，请于${by}前提交购票时所用证件，逾期申请关闭。`);
    expect(text).to.contain('购票时所用证件的类型和号码').and.contain('0A7F3K9Q2M5X8C4');
  });

  it('REI-12 waiting for the identity check: it goes on by itself', async () => {
    const { sms } = await step('waiting_identity');
    expect(sms).to.contain('身份核验服务暂不可用，恢复后自动继续');
  });

  it('REI-21 material: what, until when; and a reminder', async () => {
    const wanted = '购票时的支付记录或者取票凭证照片';
    const { sms, text } = await step('material_wanted', { wanted, until });
    expect(sms).to.equal(`【云台山】分时入园门票补发申请需补充材料：购票时的支付记录或者取票凭…，请于${by}前提交。`);
    expect(text).to.contain(wanted);
    const sealed = await step('material_wanted', (id) => ({ sealedWanted: world.sealed(id, wanted), until }));
    expect(sealed.text).to.contain(wanted);
    const reminder = await step('material_wanted', { wanted, until, reminder: true });
    expect(reminder.sms)
      .to.match(/^【云台山】提醒：/)
      .and.contain(`请于${by}前提交`);
    expect(reminder.text).to.contain(wanted);
  });

  it('REI-22 the fee and until when', async () => {
    const { sms } = await step('fee_due', { fee: 500, until });
    expect(sms).to.equal(`【云台山】分时入园门票补发获批，请于${by}前支付工本费¥5.00，随后出新票。`);
  });

  it('REI-41 refused: why in words, how and until when to appeal; then the appeal, and its end', async () => {
    const { sms, text } = await step('refused', {
      reason: 'reissue.decided-against',
      words: '证件照片与购票人不符',
      until,
    });
    expect(sms).to.equal(`【云台山】分时入园门票补发未通过：经审核不符合条件。${by}前可凭申请编号申诉一次。`);
    expect(text).to.contain('证件照片与购票人不符').and.contain(`凭申请编号${CASE}申诉一次`);
    const sealedWords = (id: string): Readonly<Record<string, unknown>> => ({
      ...{ reason: 'reissue.decided-against', sealedWords: world.sealed(id, '照片不是本人') },
    });
    expect((await step('refused', sealedWords)).text).to.contain('照片不是本人');
    const paid = await step('refused', {
      ...{ reason: 'reissue.decided-against', until: '2026-12-07T02:00:00.000Z', returned: 500 },
    });
    expect(paid.text).to.contain('已付的工本费¥5.00将原路全额退回').and.contain('申诉一次');
    const cash = { reason: 'reissue.decided-against', until: '2026-12-07T02:00:00.000Z', returned: 500, inCash: true };
    expect((await step('refused', cash)).text).to.contain('工本费¥5.00请到售票窗口领取');
    expect((await step('appealing')).text).to.contain('由未参与此前审核的人员复核');
    const final = await step('refused', { reason: 'reissue.decided-against', language: 'en' });
    expect(final.sms).to.contain('was refused: the decision was upheld.');
  });

  it('REI-04 refused because of the ticket; and the fee goes back where it was paid', async () => {
    expect((await step('refused', { reason: 'reissue.ticket-used' })).sms).to.contain('未通过：该票已检票使用。');
    const { sms } = await step('refused', { reason: 'sales.ticket-used', returned: 500 });
    expect(sms).to.equal('【云台山】分时入园门票补发未成功：该票已检票使用，工本费¥5.00将原路退回。');
    const cash = await step('refused', { reason: 'sales.ticket-used', returned: 500, inCash: true });
    expect(cash.sms).to.equal('【云台山】分时入园门票补发未成功：该票已检票使用，工本费¥5.00请到售票窗口领取。');
    expect(cash.text).to.contain(`携带申请编号${CASE}到售票窗口领取`).and.not.contain('原路');
  });

  it('withdrawn, and closed with its reason', async () => {
    expect((await step('withdrawn')).sms).to.contain('补发申请已撤回，原票0A7F3K9Q2M5X8C4仍有效。');
    const { sms } = await step('closed', { reason: 'reissue.fee-unpaid', kind: 'correction' });
    expect(sms).to.equal('【云台山】分时入园门票重开申请已关闭：未按时缴费，原票0A7F3K9Q2M5X8C4仍有效。');
  });

  it('REI-30 the new ticket: how to use it, that the old one is void, and its page with 补发 and the day', async () => {
    const { ticket, ...example } = applicationReissued.data.parse(applicationReissued.example);
    const page = {
      product: { zh: '分时入园门票', en: 'Timed entry' },
      siteId: 'sit_0a7f3k9q2m5x8c4v6b1n',
      validFrom: '2026-12-01T00:30:00.000Z',
      validUntil: '2026-12-01T03:00:00.000Z',
      entries: 1,
      admits: 1,
      realName: false,
      showAtGate: [],
    };
    const { contact: _theirs, orderId: _order, ...told } = example;
    const heard = await say(applicationReissued, { ...told, ticket: { ...ticket, page } });
    expect(heard.sms).to.equal('【云台山】分时入园门票已补发：新票号0A8G4M1R3N6Y9D5，请用新二维码检票，原票作废。');
    expect(heard.subject).to.equal('已补发，请使用新票：分时入园门票');
    expect(heard.text).to.contain('原票0A7F3K9Q2M5X8C4已作废').and.contain('11月30日10:30');
    const pdf = await (await fetch(`${world.sandboxes.httpUrl}${heard.pdf ?? ''}`)).arrayBuffer();
    const { text } = await extractText(await getDocumentProxy(new Uint8Array(pdf)));
    expect(text.join('')).to.contain('补发').and.contain('2026-11-30');
  });

  it('REI-53 one of many that are reissued together goes in bulk', async () => {
    const [to, email] = [phone(), 'one-of-many@example.cn'];
    const { contact: _theirs, orderId: _order, ...told } = applicationReissued.data.parse(applicationReissued.example);
    const change = { ...told, batchId: 'rba_0a5d8k2m7q9x3c6v1b4n' };
    const envelope = toldAfterSale(world, applicationReissued, change, { phone: to, email });
    await world.publish(envelope);
    await eventually('the SMS', () => world.sandboxes.sms(to)[0]);
    const inBulk = { 'state.lane': { $in: ['bulk-sms', 'bulk-email'] }, 'state.about': envelope.data.orderId };
    expect(await world.messages(inBulk)).to.have.length(2);
  });

  it('REI-42 the desk of an overdue case is written to where the tenant has named a mailbox, and nobody else', async () => {
    const [telephone, mailbox] = [phone(), 'desk-of-reviewers@example.cn'];
    const silent = toldAfterSale(world, applicationOverdue, { to: undefined }, { phone: telephone, email: mailbox });
    await world.publish(silent);
    const envelope = toldAfterSale(world, applicationOverdue, {}, { phone: telephone, email: mailbox });
    await world.publish({ ...envelope, data: { ...envelope.data, to: world.sealed(envelope.id, mailbox) } });
    const mail = await eventually('the mail', () => world.sandboxes.mail(mailbox)[0]);
    expect(mail.subject).to.equal('逾期提醒：补发申请待办理（0A7F3K9Q2M5X8C4）');
    expect(mail.text).to.contain('审核岗').and.contain('11月30日20:00超过办理时限').and.contain(CASE);
    await settled('mails', () => world.sandboxes.mail(mailbox).length);
    expect(world.sandboxes.mail(mailbox)).to.have.length(1);
    expect(world.sandboxes.sms(telephone)).to.deep.equal([]);
    expect(await world.messages({ 'state.about': silent.data.orderId })).to.deep.equal([]);
  });

  it('REI-04 nobody is told of a case that nobody has proven, and of what is the staff’s own business', async () => {
    const [to, email] = [phone(), 'nobody@example.cn'];
    for (const change of [
      { status: 'closed', reason: 'reissue.unproven', proven: false },
      { status: 'reviewing', proven: true },
    ])
      await world.publish(toldAfterSale(world, applicationProgressed, change, { phone: to, email }));
    await step('withdrawn');
    await settled('SMS', () => world.sandboxes.sms(undefined, 1_000).length);
    expect(world.sandboxes.sms(to)).to.deep.equal([]);
    expect(world.sandboxes.mail(email)).to.deep.equal([]);
  });
});
