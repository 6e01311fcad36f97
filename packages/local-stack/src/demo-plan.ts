// What the demo consists of, as data: a scenic area with timed entry and a night tour, and a coach station with a day ticket.
// Prices in fen. The last slot of a day lasts until midnight, so that there is something to buy for today at any hour.

export type Name = { readonly zh: string; readonly en: string };

type DemoTicketType = {
  readonly code: string;
  readonly name: Name;
  readonly realName: boolean;
  readonly entries: number;
  readonly eligibility: readonly Readonly<Record<string, unknown>>[];
  readonly limits: Readonly<Record<string, number>>;
  readonly accompanied: boolean;
  /** People of one ticket, for groups. */
  readonly admits?: number;
  readonly amount: number;
};

/** The fee of a refund or an exchange while so many minutes are left before the session, in percent and at least so many fen. */
type FeeStep = { readonly minutesBefore: number; readonly feePercent: number; readonly feeMinimum: number };
type FeeRules = {
  readonly effectiveFrom: string;
  readonly steps: readonly FeeStep[];
  readonly rounding: { readonly unit: 'fen' | 'yuan'; readonly direction: 'half-up' | 'down' };
};

export type DemoProduct = {
  readonly key: string;
  readonly name: Name;
  readonly description: Name;
  readonly ticketTypes: readonly DemoTicketType[];
  readonly rules: Readonly<Record<string, number>>;
  readonly refunds?: readonly FeeRules[];
  readonly exchanges?: readonly (FeeRules & { readonly timesMax: number; readonly otherTicketTypes: boolean })[];
  /** Who finds no room may stand in line. */
  readonly waiting?: { readonly lineMax: number; readonly payWithinMinutes: number };
  readonly validity: { readonly opensMinutesBefore: number; readonly closesMinutesAfter: number };
  readonly calendar: {
    readonly dayCapacity?: number;
    readonly weekly: readonly {
      readonly weekdays: readonly number[];
      readonly slots: readonly { readonly from: string; readonly to: string; readonly capacity: number }[];
    }[];
    readonly from: string;
    readonly horizonDays: number;
  };
};

export type DemoTenant = {
  /** Begins every username, and names its requests. */
  readonly key: string;
  readonly tenant: {
    readonly kind: 'scenic' | 'station';
    readonly name: Name;
    readonly contact: { readonly hotline: string; readonly email: string; readonly address: Name };
    readonly smsSignature: string;
  };
  readonly site: Name;
  readonly gates: readonly Name[];
  readonly people: readonly { readonly role: string; readonly name: string }[];
  readonly products: readonly DemoProduct[];
};

const name = (zh: string, en: string): Name => ({ zh, en });

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
/** Long past, so that the same request is the same on every day. */
const FROM = '2026-01-01';
const HORIZON_DAYS = 30;

const RULES = {
  presaleDays: HORIZON_DAYS,
  cutOffMinutesBeforeEnd: 0,
  payWithinMinutes: 15,
  ticketsPerOrder: 20,
  unpaidPerPhone: 20,
  // Everybody who tries the demo out comes from one address.
  unpaidPerAddress: 10_000,
};

const HOUR = 60;
const DAY = 24 * HOUR;
const fee = (minutesBefore: number, feePercent: number, feeMinimum = 0): FeeStep => ({
  minutesBefore,
  feePercent,
  feeMinimum,
});
/** Since the demo began, and to the fen: what was sold under these rules keeps them. */
const since = { effectiveFrom: `${FROM}T00:00:00+08:00`, rounding: { unit: 'fen', direction: 'half-up' } } as const;

const ticketType = (code: string, title: Name, amount: number, more: Partial<DemoTicketType> = {}): DemoTicketType => ({
  code,
  name: title,
  realName: false,
  entries: 1,
  eligibility: [],
  limits: {},
  accompanied: false,
  amount,
  ...more,
});

const slot = (from: string, to: string, capacity: number): { from: string; to: string; capacity: number } => ({
  from,
  to,
  capacity,
});

const DAY_CAPACITY = 2_000;

const timedEntry: DemoProduct = {
  key: 'timed-entry',
  name: name('云台山分时入园门票', 'Yuntai Mountain, timed entry'),
  description: name(
    '按时段预约入园，当日有效，一票一人。',
    'Book a time of entry; valid on that day, one person per ticket.',
  ),
  ticketTypes: [
    ticketType('adult', name('成人票', 'Adult'), 12_000),
    ticketType('child', name('儿童票', 'Child'), 6_000, { eligibility: [{ maxAge: 14 }], accompanied: true }),
    ticketType('senior', name('老年人免票', 'Senior, free'), 0, { eligibility: [{ certificate: 'senior' }] }),
    ticketType('student', name('学生票', 'Student'), 6_000, { eligibility: [{ certificate: 'student' }] }),
    ticketType('adult-named', name('成人实名票', 'Adult, named'), 12_000, {
      realName: true,
      limits: { perDocumentAndDay: 1 },
    }),
    ticketType('group', name('团队票（20人）', 'Group of 20'), 200_000, { admits: 20 }),
  ],
  rules: RULES,
  refunds: [{ ...since, steps: [fee(3 * DAY, 0), fee(DAY, 5), fee(0, 20, 100)] }],
  exchanges: [{ ...since, steps: [fee(DAY, 0), fee(0, 5)], timesMax: 2, otherTicketTypes: true }],
  waiting: { lineMax: 200, payWithinMinutes: 30 },
  validity: { opensMinutesBefore: 60, closesMinutesAfter: 0 },
  calendar: {
    dayCapacity: DAY_CAPACITY,
    weekly: [
      {
        weekdays: EVERY_DAY,
        slots: [
          slot('09:00', '11:00', 500),
          slot('11:00', '13:00', 500),
          slot('13:00', '15:00', 500),
          slot('15:00', '17:00', 500),
          slot('17:00', '24:00', 500),
        ],
      },
    ],
    from: FROM,
    horizonDays: HORIZON_DAYS,
  },
};

const nightTour: DemoProduct = {
  key: 'night-tour',
  name: name('云台山夜游', 'Yuntai Mountain by night'),
  description: name('灯光夜游与民俗演出。', 'Lights along the gorge, and a show.'),
  ticketTypes: [
    ticketType('adult', name('成人票', 'Adult'), 8_800),
    ticketType('child', name('儿童票', 'Child'), 4_400, { eligibility: [{ maxAge: 14 }], accompanied: true }),
  ],
  rules: RULES,
  validity: { opensMinutesBefore: 30, closesMinutesAfter: 0 },
  calendar: {
    dayCapacity: DAY_CAPACITY,
    weekly: [{ weekdays: EVERY_DAY, slots: [slot('18:30', '24:00', 300)] }],
    from: FROM,
    horizonDays: HORIZON_DAYS,
  },
};

const dayTicket: DemoProduct = {
  key: 'day-ticket',
  name: name('江城汽车客运一日票', 'Jiangcheng coach day ticket'),
  description: name('当日不限次乘坐市郊线路。', 'Any number of rides on the suburban lines for a day.'),
  ticketTypes: [
    ticketType('adult', name('全价票', 'Full fare'), 3_000, { entries: 20 }),
    ticketType('half', name('优惠票', 'Reduced fare'), 1_500, {
      entries: 20,
      eligibility: [{ maxAge: 14 }, { certificate: 'disabled_serviceman' }, { certificate: 'student' }],
    }),
  ],
  rules: RULES,
  // What most stations take: the preset `road-standard`.
  refunds: [{ ...since, steps: [fee(2 * HOUR, 10, 50), fee(0, 20, 100)] }],
  exchanges: [{ ...since, steps: [fee(0, 0)], timesMax: 1, otherTicketTypes: false }],
  validity: { opensMinutesBefore: 0, closesMinutesAfter: 0 },
  calendar: {
    weekly: [{ weekdays: EVERY_DAY, slots: [slot('00:00', '24:00', 1_000)] }],
    from: FROM,
    horizonDays: HORIZON_DAYS,
  },
};

const PEOPLE: readonly { readonly role: string; readonly name: string }[] = [
  { role: 'tenant_admin', name: '陈静' },
  { role: 'manager', name: '刘洋' },
  { role: 'director', name: '周建国' },
  { role: 'chief_executive', name: '吴晓梅' },
  { role: 'sales_clerk', name: '赵敏' },
  { role: 'gate_inspector', name: '孙强' },
  { role: 'reissue_operator', name: '李娜' },
  { role: 'reviewer', name: '郑华' },
  { role: 'finance_clerk', name: '冯丽' },
  { role: 'finance_manager', name: '何伟' },
  { role: 'complaint_registrar', name: '许婷' },
  { role: 'case_handler', name: '高峰' },
  { role: 'section_head', name: '马骏' },
  { role: 'leader', name: '林芳' },
  { role: 'supervisor', name: '罗平' },
  { role: 'duty_officer', name: '谢军' },
  { role: 'archivist', name: '韩雪' },
  { role: 'auditor', name: '唐立' },
];

/** Those whom a day at the station needs. */
const STATION_ROLES: ReadonlySet<string> = new Set([
  'tenant_admin',
  'manager',
  'sales_clerk',
  'gate_inspector',
  'reissue_operator',
  'reviewer',
  'finance_clerk',
  'finance_manager',
  'duty_officer',
]);

export const demoTenants: readonly DemoTenant[] = [
  {
    key: 'yuntai',
    tenant: {
      kind: 'scenic',
      name: name('云台山景区', 'Yuntai Mountain'),
      contact: {
        hotline: '0391-7709300',
        email: 'service@yuntai.example',
        address: name('河南省焦作市修武县', 'Xiuwu, Jiaozuo, Henan'),
      },
      smsSignature: '云台山',
    },
    site: name('主景区', 'Main area'),
    gates: [name('一号闸机', 'Gate 1'), name('二号闸机', 'Gate 2')],
    people: PEOPLE,
    products: [timedEntry, nightTour],
  },
  {
    key: 'jiangcheng',
    tenant: {
      kind: 'station',
      name: name('江城汽车客运站', 'Jiangcheng Coach Station'),
      contact: {
        hotline: '027-85550100',
        email: 'service@jiangcheng.example',
        address: name('湖北省武汉市江汉区', 'Jianghan, Wuhan, Hubei'),
      },
      smsSignature: '江城客运',
    },
    site: name('江城总站', 'Central station'),
    gates: [name('检票口 A', 'Gate A'), name('检票口 B', 'Gate B')],
    people: PEOPLE.filter(({ role }) => STATION_ROLES.has(role)),
    products: [dayTicket],
  },
];
