// The same figures as a workbook: one sheet of months, and one per question with a row per month and value. Text that a spreadsheet could
// take for a formula is made plain text, wherever it came from.
import type { Language } from '@tongpiao/contracts';
import writeXlsxFile, { type Cell, type SheetData } from 'write-excel-file/node';
import { STAGES, type CountedName } from './analysis.pipeline.ts';
import type { Analysis, SpanView } from './analysis.ts';

type Words = Readonly<Record<Language, string>>;
const word = (zh: string, en: string): Words => ({ 'zh-CN': zh, en });

const SHEETS: readonly (readonly [name: CountedName, title: Words])[] = [
  ['kinds', word('类别', 'Kinds')],
  ['reasons', word('申请原因', 'Reasons')],
  ['channels', word('渠道', 'Channels')],
  ['outcomes', word('状态', 'Outcomes')],
  ['desks', word('审核层级', 'Desks')],
  ['refusals', word('未通过原因', 'Refusals')],
  ['ends', word('关闭原因', 'Closed')],
  ['appeals', word('申诉', 'Appeals')],
];
const MONTHS = word('按月汇总', 'Months');
const FACTORS = word('风险因素', 'Risk factors');
const RULES = word('升级规则', 'Escalations');
const ERRORS = word('员工差错', 'Errors of staff');
const MONTH = word('月份', 'Month');
const WHOLE = word('合计', 'Period');
const VALUE = word('项目', 'Value');
const COUNT = word('数量', 'Count');

const STAGE_TITLES: Readonly<Record<(typeof STAGES)[number], Words>> = {
  prove: word('归属验证', 'Proof'),
  decide: word('审核', 'Decision'),
  pay: word('缴费', 'Payment'),
  carryOut: word('执行', 'Carrying out'),
  whole: word('全程', 'Altogether'),
  appeal: word('申诉', 'Appeal'),
};
const COLUMNS: readonly (readonly [title: Words, value: (span: SpanView) => number])[] = [
  [word('申请数', 'Applications'), (span) => span.applications],
  [word('逾期', 'Overdue'), (span) => span.overdue],
  [word('自动办理', 'Decided by policy'), (span) => span.decidedByPolicy],
  [word('抽查', 'Sampled'), (span) => span.sampled.drawn],
  [word('复查异议', 'Contested'), (span) => span.sampled.contested],
  [word('重复申请人', 'Repeat applicants'), (span) => span.repeatApplicants.people],
  [word('重复申请数', 'Their applications'), (span) => span.repeatApplicants.applications],
  [word('我方责任件数', 'Own faults'), (span) => span.ownFaults.cases],
  [word('免收工本费（元）', 'Fees waived (yuan)'), (span) => span.ownFaults.feesWaived / 100],
  [word('员工差错', 'Errors of staff'), (span) => span.staffErrors.count],
  [word('已赔付（元）', 'Compensated (yuan)'), (span) => span.staffErrors.compensated / 100],
];
const HIT_COLUMNS: readonly (readonly [title: Words, value: (hit: SpanView['factors'][number]) => number])[] = [
  [word('命中', 'Hits'), ({ hits }) => hits],
  [word('命中率', 'Share'), ({ share }) => share],
  [word('分值', 'Points'), ({ points }) => points],
  [word('已补发', 'Reissued'), ({ reissued }) => reissued],
  [word('未通过', 'Refused'), ({ refused }) => refused],
];

/** Text that begins like a formula gets a quotation mark before it, as spreadsheets themselves do it; control characters go. */
export function plainText(text: string): string {
  // eslint-disable-next-line no-control-regex -- these have no place in a cell, and XML forbids most of them
  const printable = text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ');
  return /^\s*[=+\-@\uff0b\uff0d\uff1d\uff20|%]/u.test(printable) ? `'${printable}` : printable;
}

const text = (value: string): Cell => ({ type: String, value: plainText(value) });
const head = (value: string): Cell => ({ type: String, value: plainText(value), fontWeight: 'bold' });
const figure = (value: number | undefined): Cell => (value === undefined ? null : { type: Number, value });
const minutes = (ms: number | undefined): Cell => figure(ms === undefined ? undefined : Math.round(ms / 6_000) / 10);

export async function workbookOf(analysis: Analysis, language: Language): Promise<Buffer> {
  const spans = [...analysis.months, analysis.period];
  const say = (words: Words): string => words[language];
  const nameOf = (span: SpanView): Cell => text(span === analysis.period ? say(WHOLE) : span.span);

  const months: SheetData = [
    [
      head(say(MONTH)),
      ...COLUMNS.map(([title]) => head(say(title))),
      ...STAGES.flatMap((stage) => [
        head(`${say(STAGE_TITLES[stage])} ${say(word('中位（分钟）', 'median (min)'))}`),
        head(`${say(STAGE_TITLES[stage])} P90 ${say(word('（分钟）', '(min)'))}`),
      ]),
    ],
    ...spans.map((span) => [
      nameOf(span),
      ...COLUMNS.map(([, value]) => figure(value(span))),
      ...STAGES.flatMap((stage) => [minutes(span.times[stage].medianMs), minutes(span.times[stage].p90Ms)]),
    ]),
  ];
  const tally = (name: CountedName): SheetData => [
    [head(say(MONTH)), head(say(VALUE)), head(say(COUNT))],
    ...spans.flatMap((span) =>
      Object.entries(span[name]).map(([value, count]) => [nameOf(span), text(value), figure(count)]),
    ),
  ];
  const hits = (of: 'factors' | 'rules'): SheetData => [
    [head(say(MONTH)), head(say(VALUE)), ...HIT_COLUMNS.map(([title]) => head(say(title)))],
    ...spans.flatMap((span) =>
      span[of].map((hit) => [nameOf(span), text(hit.name), ...HIT_COLUMNS.map(([, value]) => figure(value(hit)))]),
    ),
  ];
  const errors: SheetData = [
    [head(say(MONTH)), head(say(VALUE)), head(say(COUNT))],
    ...spans.flatMap((span) =>
      [...Object.entries(span.staffErrors.kinds), ...Object.entries(span.staffErrors.people)].map(([value, count]) => [
        nameOf(span),
        text(value),
        figure(count),
      ]),
    ),
  ];
  const sheet = (title: Words, data: SheetData) => ({ sheet: say(title), data, stickyRowsCount: 1 });
  return writeXlsxFile([
    sheet(MONTHS, months),
    ...SHEETS.map(([name, title]) => sheet(title, tally(name))),
    sheet(FACTORS, hits('factors')),
    sheet(RULES, hits('rules')),
    sheet(ERRORS, errors),
  ]).toBuffer();
}
