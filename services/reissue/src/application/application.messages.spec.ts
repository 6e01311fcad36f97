// What the applicant and the others hear of each step (REI-33): the news in it, and that every command is accompanied by what it needs.
import { applicationProgressed, applicationReissued, applicationShipped, ticketReissued } from '@tongpiao/contracts';
import { fold } from '@tongpiao/kernel';
import { forRecipient } from '@tongpiao/persistence';
import { expect } from 'chai';
import { applicationDecider } from './application.decider.ts';
import {
  after,
  AT,
  caseFacts,
  commands as c,
  correction,
  manager,
  onDesk,
  operator,
  played,
  quiet,
} from './application.fixture.ts';
import { viewApplication } from './application-view.ts';
import { applicationMessages } from './application.messages.ts';
import type { ApplicationCommand, ApplicationState, CaseFacts } from './application.ts';

type Draft = { readonly definition: { readonly type: string }; readonly data: unknown };

/** What the last command makes the case say. */
function said(...list: readonly ApplicationCommand[]): readonly Draft[] {
  let state: ApplicationState = applicationDecider.initial;
  let messages: readonly Draft[] = [];
  for (const command of list) {
    const events = applicationDecider.decide(state, command);
    state = fold(applicationDecider, state, events);
    messages = events.flatMap((event) =>
      applicationMessages(event, { id: 'rei_1', state, at: AT }).flatMap((message) =>
        'definition' in message && message.timer === undefined ? [message] : [],
      ),
    );
  }
  return messages;
}
function told(...list: readonly ApplicationCommand[]): unknown[] {
  return said(...list).flatMap(({ definition, data }) =>
    definition.type === applicationProgressed.type ? [data] : [],
  );
}

const damaged = caseFacts({ reason: 'damaged' });
const inCash = [...onDesk(correction()), c.decide(), { ...c.pay(), method: 'cash' } as ApplicationCommand];
const paid = [...onDesk(correction()), c.decide(), c.pay(), c.captured()];

describe('REI-02 a case that waits for its document', () => {
  const typesOf = (...list: readonly ApplicationCommand[]): readonly string[] =>
    said(...list).map(({ definition: { type } }) => type);
  const [verify, progress] = ['reissue.application.verify.v1', applicationProgressed.type];

  it('is verified once it is there, and frozen where it is lost; not before', () => {
    const byCode = [c.submit(), c.sendCode(), c.proveByCode()];
    expect(typesOf(...byCode)).to.deep.equal(['sales.ticket.freeze.v1', progress]);
    expect(typesOf(...byCode, c.frozen())).to.deep.equal([]);
    expect(typesOf(...byCode, c.frozen(), c.prove())).to.deep.equal([verify, progress]);
    expect(typesOf(...byCode, c.prove())).to.deep.equal([progress]);
    expect(typesOf(...byCode, c.prove(), c.frozen())).to.deep.equal([verify]);
    const notLost = [c.submit(damaged), c.sendCode(), c.proveByCode()];
    expect(typesOf(...notLost)).to.deep.equal([progress]);
    expect(typesOf(...notLost, c.prove())).to.deep.equal([verify, progress]);
  });
});

describe('REI-02 the timer of a case that waits for its document', () => {
  /** What the last command makes of the timer of the proof. */
  const timerOf = (...list: readonly ApplicationCommand[]): readonly unknown[] => {
    const before = played(...list.slice(0, -1));
    const last = list.at(-1);
    const events = last === undefined ? [] : applicationDecider.decide(before, last);
    const state = fold(applicationDecider, before, events);
    return events
      .flatMap((event) => applicationMessages(event, { id: 'rei_1', state, at: AT }))
      .flatMap((message): readonly unknown[] => {
        if ('cancelTimer' in message) return message.cancelTimer === 'proof' ? ['proof'] : [];
        return message.timer?.name === 'proof' ? [message.timer] : [];
      });
  };

  it('is set anew by the proof, and goes with the document', () => {
    const byCode = [c.submit(), c.sendCode(), c.proveByCode('h1', after(5))];
    expect(timerOf(...byCode)).to.deep.equal([{ name: 'proof', due: after(24 * 60 + 5) }]);
    expect(timerOf(...byCode, c.prove())).to.deep.equal(['proof']);
    expect(timerOf(c.submit(), c.prove()), 'the document at once').to.deep.equal(['proof']);
  });
  it('REI-42 is set anew when it rings before its time', () => {
    const byCode = [c.submit(), c.sendCode(), c.proveByCode()];
    expect(timerOf(...byCode, c.remind('proof', AT))).to.deep.equal([{ name: 'proof', due: after(24 * 60 + 1) }]);
  });
});

describe('REI-22 what a case shows of a fee that goes back', () => {
  it('where it was paid in cash, that a counter hands it back', () => {
    const textOf = (list: readonly ApplicationCommand[]): unknown =>
      viewApplication('rei_1', 'ten_1', played(...list), false).refunds[0]?.statusText.zh;
    expect(textOf([...paid, c.reissueRefused()])).to.equal('退款中');
    expect(textOf([...inCash, c.captured(), c.reissueRefused()])).to.equal('现金请到售票窗口领取');
    const handedOver = [...inCash, c.captured(), c.reissueRefused(), c.refunded('rfd_pay_1')];
    expect(textOf(handedOver)).to.equal('已退款');
  });
});

describe('REI-11 a case that is suspended by a scan', () => {
  it('tells nobody, and has the deadline of the desk on which it lies now', () => {
    expect(said(...onDesk(), c.scans())).to.deep.equal([]);
    const [event] = applicationDecider.decide(played(...onDesk()), c.scans());
    if (event === undefined) throw new Error('nothing was counted');
    const state = played(...onDesk(), c.scans());
    const messages = applicationMessages(event, { id: 'rei_1', state, at: AT });
    expect(messages).to.have.length(2);
    expect(messages[0], 'a fee that was due').to.deep.equal({ cancelTimer: 'fee' });
    expect(messages[1]).to.have.deep.nested.property('timer', { name: 'decision', due: '2026-12-01T12:00:00.000Z' });
  });
});

describe('REI-42 what its desk hears of a case that is overdue', () => {
  it('since when, how often and until when next; where the tenant has named a mailbox, sealed for it', () => {
    const urged = (told = {}): readonly Draft[] =>
      said(...onDesk(), c.remind('decision', after(121)), c.remind('decision', after(300), told));
    const [one, ...more] = urged();
    expect(more).to.deep.equal([]);
    expect(one?.definition.type).to.equal('reissue.application.overdue.v1');
    expect(one?.data).to.deep.include({ desk: 'operator', since: after(120), times: 2, nextBy: after(420) });
    expect(one?.data).to.include({ applicationId: 'rei_1', ticketNumber: 'N1' }).and.not.have.property('to');
    const mailbox = { sealed: 'p1.mailbox', masked: 'd***@example.cn' };
    expect(urged({ mailbox })[0]?.data).to.deep.include({ to: forRecipient('notification', mailbox) });
  });
});

describe('REI-42 a case that is being verified', () => {
  const timersOf = (...list: readonly ApplicationCommand[]): readonly unknown[] => {
    const before = played(...list.slice(0, -1));
    const last = list.at(-1);
    const events = last === undefined ? [] : applicationDecider.decide(before, last);
    const state = fold(applicationDecider, before, events);
    return events
      .flatMap((event) => applicationMessages(event, { id: 'rei_1', state, at: AT }))
      .flatMap((message) => ('timer' in message && message.timer.name === 'decision' ? [message.timer.due] : []));
  };
  it('has a time from its proof on, or from its document', () => {
    expect(timersOf(c.submit(), c.prove())).to.deep.equal([after(120)]);
    const byCode = [c.submit(), c.sendCode(), c.proveByCode()];
    expect(timersOf(...byCode)).to.deep.equal([]);
    expect(timersOf(...byCode, c.prove(true, after(5)))).to.deep.equal([after(125)]);
    expect(timersOf(c.submit(), c.prove(), c.remind('decision', after(120)))).to.deep.equal([after(240)]);
  });
  it('is told to the desk that takes applications, sealed for the mailbox that the tenant has named', () => {
    const mailbox = { sealed: 'p1.mailbox', masked: 'd***@example.cn' };
    const [one, ...more] = said(c.submit(), c.prove(), c.remind('decision', after(121), { mailbox }));
    expect(more).to.deep.equal([]);
    expect(one?.definition.type).to.equal('reissue.application.overdue.v1');
    expect(one?.data).to.deep.include({ desk: 'operator', since: after(120), times: 1, nextBy: after(241) });
    expect(one?.data).to.deep.include({ to: forRecipient('notification', mailbox) });
  });
});

describe('REI-41 an appeal on a lost ticket', () => {
  it('has it frozen again, under its number; its confirmation starts no check', () => {
    const refused = [...onDesk(), c.decide(operator, 'refuse')];
    const freezes = (...list: readonly ApplicationCommand[]) =>
      said(...list).flatMap(({ definition: { type }, data }) => (type === 'sales.ticket.freeze.v1' ? [data] : []));
    const asked = { rightId: 'rgt_1', applicationId: 'rei_1', number: 'N1', again: true };
    expect(freezes(...refused, c.appeal())).to.deep.equal([asked]);
    expect(said(...refused, c.appeal(), c.frozen())).to.deep.equal([]);
    const notLost = [...onDesk(damaged), c.decide(operator, 'refuse'), c.appeal()];
    expect(freezes(...notLost)).to.deep.equal([]);
  });
});

describe('REI-33 what a case says', () => {
  const news: readonly (readonly [string, readonly ApplicationCommand[], Readonly<Record<string, unknown>>])[] = [
    ['proven and frozen', [c.submit(), c.prove()], { status: 'verifying', frozen: true }],
    ['proven', [c.submit(damaged), c.prove()], { status: 'verifying', frozen: false }],
    [
      'proven and frozen, and its document is wanted',
      [c.submit(), c.sendCode(), c.proveByCode()],
      { status: 'verifying', frozen: true, until: after(24 * 60) },
    ],
    [
      'the identity check is away',
      [c.submit(damaged), c.prove(), c.verified('unavailable')],
      { status: 'waiting_identity' },
    ],
    [
      'material is wanted',
      [...onDesk(), c.ask()],
      { status: 'material_wanted', wanted: '身份证照片', until: after(72 * 60) },
    ],
    [
      'a reminder of it',
      [...onDesk(), c.ask(), c.remind('material-reminder', after(36 * 60))],
      { status: 'material_wanted', wanted: '身份证照片', until: after(72 * 60), reminder: true },
    ],
    ['a fee is due', [...onDesk(correction()), c.decide()], { status: 'fee_due', fee: 500, until: after(72 * 60) }],
    [
      'refused by a person, with an appeal',
      [...onDesk(), c.decide(operator, 'refuse')],
      {
        status: 'refused',
        reason: 'reissue.decided-against',
        words: '核对无误',
        until: after(168 * 60),
        frozen: false,
      },
    ],
    ['refused by a fact', [...onDesk(), c.endTicket()], { status: 'refused', reason: 'reissue.ticket-used' }],
    [
      'sales could not, and the fee goes back',
      [...paid, c.reissueRefused()],
      { status: 'refused', reason: 'sales.ticket-used', returned: 500 },
    ],
    [
      'sales could not, and the cash for it is to be fetched',
      [...inCash, c.captured(), c.reissueRefused()],
      { status: 'refused', reason: 'sales.ticket-used', returned: 500, inCash: true },
    ],
    ['an appeal', [...onDesk(), c.decide(operator, 'refuse'), c.appeal()], { status: 'appealing' }],
    [
      'refused for good',
      [...onDesk(), c.decide(operator, 'refuse'), c.appeal(), c.decide(manager, 'refuse')],
      { status: 'refused', reason: 'reissue.decided-against', words: '核对无误' },
    ],
    ['withdrawn', [...onDesk(), c.withdraw()], { status: 'withdrawn', frozen: false }],
    [
      'the fee was not paid',
      [...onDesk(correction()), c.decide(), c.remind('fee', after(72 * 60))],
      { status: 'closed', reason: 'reissue.fee-unpaid' },
    ],
  ];
  for (const [name, list, expected] of news)
    it(name, () => {
      const [one, ...more] = told(...list);
      expect(more).to.deep.equal([]);
      expect(one).to.deep.include({
        applicationId: 'rei_1',
        orderId: 'ord_1',
        ticketNumber: 'N1',
        proven: true,
        ...expected,
      });
      for (const key of ['reason', 'words', 'fee', 'until', 'wanted', 'reminder', 'returned', 'inCash'])
        if (!(key in expected)) expect(one).not.to.have.property(key);
    });

  it('PLA-12 what staff have written leaves sealed for whoever tells the applicant, that of an older case as it is', () => {
    const words = { sealed: 'p1.words', masked: '***' };
    const refusing = { ...c.decide(operator, 'refuse'), reason: words } as ApplicationCommand;
    const asking = { ...c.ask(), what: words } as ApplicationCommand;
    const [refused] = told(...onDesk(), refusing);
    expect(refused)
      .to.deep.include({ sealedWords: forRecipient('notification', words) })
      .and.not.have.property('words');
    const [wanted] = told(...onDesk(), asking);
    expect(wanted).to.deep.include({ sealedWanted: forRecipient('notification', words) });
    expect(wanted).not.to.have.property('wanted');
    expect(JSON.stringify(told(...onDesk(), c.decide(operator, 'refuse')))).to.include('"words":"核对无误"');
  });

  it('REI-04 a case that nobody has proven says so, and nothing is said before it ends', () => {
    expect(told(c.submit())).to.deep.equal([]);
    const [closed] = told(c.submit(), c.remind('proof', after(24 * 60)));
    expect(closed).to.deep.include({ status: 'closed', reason: 'reissue.unproven', proven: false });
  });

  it('REI-30 the paper is on its way: where it can be followed, and not who sent it', () => {
    const messages = said(...onDesk(), c.decide(manager), c.reissued(), c.ship());
    expect(messages.map(({ definition }) => definition.type)).to.deep.equal([applicationShipped.type]);
    expect(messages[0]?.data).to.deep.include({
      ticketNumber: '0A8G4M1R3N6Y9D5',
      carrier: '中国邮政',
      trackingNumber: 'EA123456789CN',
      shippedAt: AT,
    });
    expect(messages[0]?.data).to.not.have.any.keys('by', 'serial');
    expect(said(...onDesk(), c.decide(manager), c.reissued(), c.gates())).to.deep.equal([]);
  });

  describe('REI-30 the new ticket', () => {
    const page = {
      product: { zh: '门票', en: 'Admission' },
      siteId: 'sit_1',
      validFrom: AT,
      validUntil: AT,
      entries: 1,
      admits: 1,
      realName: true,
      showAtGate: [],
    };
    const { ticket } = ticketReissued.data.parse(ticketReissued.example);
    const of = (facts: CaseFacts, ...more: readonly ApplicationCommand[]): unknown => {
      const confirmed = { ...c.reissued(), ticket: { ...ticket, page } } as ApplicationCommand;
      const messages = said(...onDesk(facts, quiet), c.decide(manager), ...more, confirmed);
      expect(messages.map(({ definition }) => definition.type)).to.deep.equal([applicationReissued.type]);
      return messages[0]?.data;
    };
    const email = { sealed: 'p1.mail', masked: 'm***' };

    it('is told with the page of whom it names now, sealed for notification, where there is a mailbox', () => {
      const facts = correction();
      const data = of({ ...facts, contact: { ...facts.contact, email } }, c.pay(), c.captured());
      const person = facts.correction;
      if (person === undefined) throw new Error('nothing is corrected');
      const traveller = {
        name: forRecipient('notification', person.name),
        idType: 'id_card',
        idNumber: forRecipient('notification', person.idNumber),
      };
      expect(data)
        .to.have.nested.property('ticket.page')
        .that.deep.equals({ ...page, traveller });
    });

    it('has no page where no mail goes, and no traveller where none is named', () => {
      expect(of(damaged)).to.have.property('ticket').that.deep.equals(ticket);
      const unnamed = caseFacts({ contact: { ...damaged.contact, email }, traveller: undefined });
      expect(of(unnamed)).to.have.nested.property('ticket.page').that.deep.equals(page);
    });
  });
});
