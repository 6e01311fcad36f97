// The dossier of a case (REI-50): everything that was asked, shown, checked, counted, decided and paid, the chain of its tickets, its files by
// their hashes, and the journal with what checking its chain of hashes has found. Pure: from facts to the bytes of a PDF.
import { documentWord } from '@tongpiao/documents/ticket';
import { createDossier, type Dossier, type Fact } from '@tongpiao/documents/dossier';
import type { Bilingual } from '@tongpiao/contracts';
import { formatYuan } from '@tongpiao/kernel';
import type { ChainVerdict, JournalEntry, PersonalValue } from '@tongpiao/persistence';
import { STATUS_TEXT, textOf } from '../application/application-view.ts';
import type { LiveApplication, Person } from '../application/application.ts';
import { DESK_WORDS } from '../application/desk-words.ts';
import type { ChainView } from '../lineage/chain-view.ts';
import { chainCards } from '../lineage/draw-chain.ts';
import { localTimes } from '../lineage/local-times.ts';
import * as words from './dossier-words.ts';

export type CaseFile = {
  readonly id: string;
  readonly application: LiveApplication;
  readonly journal: readonly JournalEntry[];
  readonly verdict: ChainVerdict;
  readonly chain: ChainView;
  readonly issuer: Bilingual;
  readonly site?: Bilingual | undefined;
  readonly timeZone: string;
  /** Who asked for it. */
  readonly by: string;
  readonly at: Date;
  /** Opens personal values; left out, they are masked. */
  readonly open?: ((value: PersonalValue) => string) | undefined;
};

const { both } = words;
const fact = (zh: string, en: string, value: string, wide = false): Fact => ({ label: { zh, en }, value, wide });
const column = (head: string, share: number, align?: 'right') => ({
  head,
  share,
  ...(align === undefined ? {} : { align }),
});

export function caseDossier(file: CaseFile): Buffer {
  const { id, application, by, at, open } = file;
  const time = localTimes(file.timeZone);
  const dossier = createDossier({
    title: { zh: '补票案卷', en: 'Dossier of a reissue' },
    number: id,
    issuer: file.issuer,
    status: STATUS_TEXT[application.status],
    made: `${time(at.toISOString())} 由 ${by} 调阅`,
    at,
    handling:
      open === undefined
        ? { zh: '内部资料，个人信息已脱敏。', en: 'Internal; personal data are masked.' }
        : { zh: '内部资料，含个人信息原文，调阅已记入日志。', en: 'Internal; personal data in plain, on record.' },
  });
  const parts = { dossier, file, time, show: open ?? ((value: PersonalValue): string => value.masked) };
  summary(parts);
  applicant(parts);
  chain(parts);
  verification(parts);
  assessment(parts);
  decisions(parts);
  money(parts);
  attachments(parts);
  journal(parts);
  return dossier.finish();
}

type Parts = {
  readonly dossier: Dossier;
  readonly file: CaseFile;
  readonly time: (at: string) => string;
  readonly show: (value: PersonalValue) => string;
};

function summary({ dossier, file, time, show }: Parts): void {
  const { application, site } = file;
  const { kind, reason, channel, submittedAt, enteredBy, ticket, policy, overdue } = application;
  dossier.section({ zh: '案件概要', en: 'The case' });
  dossier.facts([
    fact('类别', 'Kind', both(words.KINDS[kind])),
    fact('申请原因', 'Reason', both(words.REASONS[reason])),
    fact('渠道', 'Channel', both(words.CHANNELS[channel])),
    fact('提交时间', 'Submitted', time(submittedAt)),
    fact('录入人员', 'Entered by', enteredBy ?? '本人  The applicant'),
    fact('适用政策版本', 'Policy version', String(policy.version)),
    fact('产品', 'Product', both(ticket.product)),
    fact('票种', 'Ticket type', both(ticket.ticketType)),
    fact('申请时票号', 'Number applied for', ticket.number),
    fact('订单', 'Order', ticket.orderId),
    fact('使用时间', 'For', time(ticket.startsAt)),
    fact('地点', 'Site', site === undefined ? ticket.siteId : both(site)),
    fact('票价', 'Price', formatYuan(ticket.amount)),
    fact('超过时限次数', 'Deadlines passed', String(overdue)),
    ...endOf(application, time, show),
  ]);
}

function endOf(application: LiveApplication, time: Parts['time'], show: Parts['show']): readonly Fact[] {
  switch (application.status) {
    case 'reissued': {
      const { newNumber, reissuedAt, carriedOutMs, gates } = application;
      const known =
        gates === undefined ? '' : `，${gates.count} 台脱机闸机最迟 ${(gates.knowMs / 1_000).toFixed(1)} 秒知晓`;
      return [
        fact('新票号', 'New number', newNumber),
        fact('补发时间', 'Reissued', `${time(reissuedAt)}（执行 ${(carriedOutMs / 1_000).toFixed(1)} 秒${known}）`),
      ];
    }
    case 'refused':
    case 'appealing': {
      const { reason, words: said, by, at } = application.refusal;
      const why = `${both(words.reasonWord(reason))}${said === undefined ? '' : `：${textOf(said, show)}`}`;
      return [fact('未通过原因', 'Refused because', `${why}（${by}，${time(at)}）`, true)];
    }
    case 'withdrawn':
    case 'closed':
      return [
        fact('结束原因', 'Ended because', both(words.reasonWord(application.endReason))),
        fact('结束时间', 'Ended', time(application.endedAt)),
      ];
    default:
      return [];
  }
}

function applicant({ dossier, file, show }: Parts): void {
  const { contact, traveller, correction, note, appeal } = file.application;
  const person = (title: Bilingual, { name, idType, idNumber }: Person): readonly Fact[] => [
    fact(`${title.zh}姓名`, `${title.en}: name`, show(name)),
    fact(`${title.zh}证件`, `${title.en}: document`, `${both(documentWord(idType))}  ${show(idNumber)}`),
  ];
  dossier.section({ zh: '申请人', en: 'Applicant' });
  dossier.facts([
    fact('购票人', 'Buyer', show(contact.name)),
    fact('购票手机', 'Telephone of the purchase', show(contact.phone)),
    ...(contact.email === undefined ? [] : [fact('电子邮件', 'Mail', show(contact.email), true)]),
    ...(traveller === undefined ? [] : person({ zh: '票面', en: 'On the ticket' }, traveller)),
    ...(correction === undefined ? [] : person({ zh: '更正后', en: 'Corrected' }, correction)),
    ...(note === undefined ? [] : [fact('申请说明', 'What the applicant wrote', show(note), true)]),
    ...(appeal === undefined ? [] : [fact('申诉理由', 'The appeal', show(appeal.words), true)]),
  ]);
}

function chain({ dossier, file, time }: Parts): void {
  const cards = chainCards(file.chain, time);
  dossier.section({ zh: '票链', en: 'Chain of tickets' }, cards[0]?.height);
  for (const card of cards) dossier.picture(card);
}

function verification({ dossier, file, time, show }: Parts): void {
  const { proof, codes, misses, freeze } = file.application;
  const judged = 'assessment' in file.application ? file.application.assessment : undefined;
  const proven =
    proof === undefined
      ? '未通过  Not proven'
      : `${both(words.PROOFS[proof.how])}，${time(proof.at)}${proof.by === undefined ? '' : `，${proof.by}`}`;
  const documentAt = proof?.how === 'document' ? proof.at : proof?.documentAt;
  dossier.section({ zh: '归属与身份核验', en: 'Verification' });
  dossier.facts([
    fact('归属验证', 'Ownership', proven, true),
    ...(proof?.words === undefined ? [] : [fact('购票凭证', 'Proof of purchase', show(proof.words), true)]),
    fact('购票证件', 'Document of the purchase', documentAt === undefined ? '未出示  Not shown' : time(documentAt)),
    fact(
      '身份核验',
      'Identity check',
      judged === undefined ? '未进行  Not made' : both(words.IDENTITIES[judged.identity]),
    ),
    fact('原票状态', 'The ticket', both(words.FREEZES[freeze])),
    fact('已发验证码', 'Codes sent', String(codes)),
    fact('验证失败次数', 'Proofs that failed', String(misses)),
  ]);
}

function assessment({ dossier, file }: Parts): void {
  const judged = 'assessment' in file.application ? file.application.assessment : undefined;
  dossier.section({ zh: '评估', en: 'Assessment' });
  if (judged === undefined) {
    dossier.nothing();
    return;
  }
  const { policyVersion, score, desk, escalatedFor, suspended, findings, selfService } = judged;
  const { suspendFrom } = file.application.policy.risk;
  dossier.facts([
    fact('政策版本', 'Policy version', String(policyVersion)),
    fact('风险得分', 'Score', `${score}（达 ${suspendFrom} 分暂停  suspended from ${suspendFrom}）`),
    fact('审核层级', 'Desk', both(DESK_WORDS[desk])),
    fact('自动办理', 'Decided by policy', selfService ? '是  Yes' : '否  No'),
    fact('升级理由', 'Why not an operator', escalatedFor.map((name) => both(words.ruleWord(name))).join('；'), true),
  ]);
  if (suspended)
    dossier.remark('曾暂停办理', '命中风险界限，须由审核员排除后继续。Suspended until a reviewer cleared it.', 'alarm');
  dossier.table(
    [column('风险因素 Factor', 5), column('计数 Counted', 2, 'right'), column('分值 Points', 2, 'right')],
    [
      ...findings.map(({ factor, value, points }) => [both(words.factorWord(factor)), String(value), String(points)]),
      ['合计  Altogether', '', String(score)],
    ],
  );
}

function decisions({ dossier, file, time, show }: Parts): void {
  dossier.section({ zh: '办理与决定', en: 'Steps and decisions' });
  const steps = file.journal.filter(({ type }) => words.DECIDING.has(type));
  if (steps.length === 0) {
    dossier.nothing();
    return;
  }
  dossier.table(
    [column('时间 Time', 3), column('事项 Step', 4), column('经办 By', 4), column('内容 Content', 6)],
    steps.map((entry) => [
      time(entry.at),
      both(words.eventWord(entry.type)),
      words.byWord(entry.by),
      words.contentOf(entry, show),
    ]),
  );
}

function money({ dossier, file }: Parts): void {
  const { application } = file;
  const approval = 'approval' in application ? application.approval : undefined;
  const charged = approval ?? ('assessment' in application ? application.assessment : undefined);
  dossier.section({ zh: '费用', en: 'Money' });
  if (charged !== undefined) {
    const { fee, waivedFor } = charged;
    const waived = waivedFor === undefined ? '' : `（免收：${both(words.waiverWord(waivedFor))}）`;
    dossier.facts([fact('工本费', 'Fee', `${formatYuan(fee)}${waived}`, true)]);
  }
  const { payments, refunds } = application;
  if (payments.length + refunds.length === 0) {
    if (charged === undefined) dossier.nothing();
    return;
  }
  dossier.table(
    [
      column('款项 Entry', 2),
      column('编号 Id', 5),
      column('方式或原因 How', 3),
      column('状态 Status', 2),
      column('金额 Amount', 2, 'right'),
    ],
    [
      ...payments.map(({ id, method, status, amount }) => ['缴费 Payment', id, method, status, formatYuan(amount)]),
      ...refunds.map(({ id, reason, status, amount }) => ['退款 Refund', id, reason, status, `-${formatYuan(amount)}`]),
    ],
  );
}

function attachments({ dossier, file, time }: Parts): void {
  const { attachments: files } = file.application;
  dossier.section({ zh: '附件', en: 'Files' });
  if (files.length === 0) {
    dossier.nothing();
    return;
  }
  dossier.table(
    [
      column('附件 File', 5.8),
      column('内容 Shows', 2.4),
      column('类型 Type', 2.6),
      column('大小 Size', 2, 'right'),
      column('SHA-256', 6),
    ],
    files.map(({ id, about, type, bytes, sha256, at }) => [
      `${id}\n${time(at)}`,
      both(words.ABOUT[about]),
      type,
      `${Math.ceil(bytes / 1_024)} kB`,
      sha256,
    ]),
  );
}

function journal({ dossier, file, time }: Parts): void {
  const { verdict, journal: entries } = file;
  dossier.section({ zh: '日志与校验', en: 'Journal and its verification' });
  if (verdict.intact)
    dossier.remark(
      '日志完整  The journal is whole',
      `共 ${verdict.entries} 条，逐条哈希相接，末条与案件所存链首一致。${verdict.entries} entries, each bound to the one before it.`,
      'good',
    );
  else {
    const how = verdict.reason === 'changed' ? '被改动' : '缺失';
    const seq = String(verdict.seq);
    dossier.remark(
      `日志第 ${seq} 条${how}  Entry ${seq} is ${verdict.reason}`,
      `自第 ${seq} 条起的内容不能作为凭据。Nothing from entry ${seq} on can be relied on.`,
      'alarm',
    );
  }
  dossier.table(
    [
      column('#', 0.8, 'right'),
      column('时间 Time', 3.5),
      column('事件 Event', 4.2),
      column('记录者 By', 4.2),
      column('哈希 Hash', 5.2),
    ],
    entries.map((entry) => [
      `${entry.seq}${!verdict.intact && verdict.seq === entry.seq ? ' !' : ''}`,
      time(entry.at),
      both(words.eventWord(entry.type)),
      `${words.byWord(entry.by)}（${entry.channel}）`,
      entry.hash,
    ]),
  );
}
