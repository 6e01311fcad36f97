// A tenant of one's own on a running platform, made through the public API as its staff would make it: site, gate, products, sessions.
import { randomBytes } from 'node:crypto';
import { eventually } from '@tongpiao/testing';
import type { Client } from './client.ts';

export type Offer = {
  readonly productId: string;
  readonly ticketTypes: Readonly<Record<string, string>>;
  /** Those that can be bought, in order of their start. */
  readonly sessionIds: readonly string[];
  /** Of these, today's: the gate lets them in now. */
  readonly today: ReadonlySet<string>;
  /** Its tickets can be given back and exchanged. */
  readonly changeable: boolean;
  /** It has a waiting list. */
  readonly waits: boolean;
};
export type World = {
  readonly tenantId: string;
  readonly siteId: string;
  readonly gateId: string;
  readonly gateKey: string;
  readonly adminToken: string;
  readonly managerToken: string;
  readonly clerkToken: string;
  readonly financeToken: string;
  addProduct(options: ProductOptions): Promise<Offer>;
  /** @returns the token of somebody new with these roles */
  addStaff(username: string, roles: readonly string[]): Promise<string>;
  /** Another gate at the site, with a key of its own. */
  addGate(name: string): Promise<Gate>;
  /** How many people the site carries (SAL-43); `{}` lifts all limits. */
  carry(capacity: Readonly<Record<string, unknown>>): Promise<void>;
};
export type Gate = { readonly gateId: string; readonly gateKey: string };
type ProductOptions = {
  readonly name: string;
  readonly capacity: number;
  /** Slots of each day, `HH:MM`; one all-day slot unless told. */
  readonly slots?: readonly { readonly from: string; readonly to: string }[];
  readonly days?: number;
  readonly dayCapacity?: number;
  readonly payWithinMinutes?: number;
  readonly amount?: number;
  readonly realName?: boolean;
  readonly unpaidPerPhone?: number;
  readonly ticketsPerOrder?: number;
  readonly entries?: number;
  readonly opensMinutesBefore?: number;
  /** Whatever else the product says: rules of after the sale, prices by slot. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Tickets can be given back for 10 % and exchanged at will, while their session lasts. */
  readonly afterSale?: boolean;
  /** By how much one person may change a session's capacity. */
  readonly approvalAbovePercent?: number;
  /** Minutes to pay for who was served from the waiting list; without it there is none. */
  readonly waitingPayWithinMinutes?: number;
};

type Session = { id: string; startsAt: string; available: number; availabilityKnown: boolean };

async function signIn(client: Client, username: string, password: string): Promise<string> {
  const { accessToken } = await client.expect<{ accessToken: string }>(201, '/api/v1/auth/sessions', {
    json: { username, password },
  });
  return accessToken;
}

export function today(): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' }).format(new Date());
}

export async function makeWorld(client: Client, adminPassword: string): Promise<World> {
  const adminToken = await signIn(client, 'admin', adminPassword);
  const mark = randomBytes(4).toString('hex');
  const name = (zh: string, en: string): { zh: string; en: string } => ({ zh, en });
  const { id: tenantId } = await client.expect<{ id: string }>(201, '/api/v1/tenants', {
    token: adminToken,
    json: {
      kind: 'scenic',
      name: name(`试验景区${mark}`, `Trial site ${mark}`),
      contact: { hotline: '057112345678', email: 'desk@example.cn' },
      demo: true,
      smsSignature: '试验景区',
    },
  });
  const staff = async (username: string, roles: readonly string[]): Promise<string> => {
    const password = randomBytes(12).toString('base64url');
    await client.expect(201, '/api/v1/users', {
      token: adminToken,
      json: { username: `${username}-${mark}`, password, name: '员工', roles, tenantId },
    });
    return signIn(client, `${username}-${mark}`, password);
  };
  const managerToken = await staff('manager', ['tenant_admin', 'manager']);
  const clerkToken = await staff('clerk', ['sales_clerk']);
  const financeToken = await staff('finance', ['finance_manager']);
  const { id: siteId } = await client.expect<{ id: string }>(201, `/api/v1/tenants/${tenantId}/sites`, {
    token: adminToken,
    json: { name: name('主景区', 'Main site') },
  });
  let gates = 0;
  async function addGate(en: string): Promise<Gate> {
    gates += 1;
    const { id: gateId } = await client.expect<{ id: string }>(201, `/api/v1/sites/${siteId}/gates`, {
      token: adminToken,
      json: { name: name(`${gates}号闸机`, en) },
    });
    const { apiKey: gateKey } = await client.expect<{ apiKey: string }>(201, '/api/v1/api-keys', {
      token: adminToken,
      json: { kind: 'gate', subject: gateId, tenantId, label: en },
    });
    return { gateId, gateKey };
  }
  const { gateId, gateKey } = await addGate('Gate 1');

  return {
    tenantId,
    siteId,
    gateId,
    gateKey,
    adminToken,
    managerToken,
    clerkToken,
    financeToken,
    addStaff: staff,
    addGate,
    async carry(capacity) {
      const tenant = await client.call(`/api/v1/tenants/${tenantId}`, { token: adminToken });
      await client.expect(200, `/api/v1/sites/${siteId}`, {
        method: 'PATCH',
        token: adminToken,
        headers: { 'if-match': String(tenant.headers['etag']) },
        json: { capacity },
      });
    },
    async addProduct(options) {
      const product = await eventually('the product', async () => {
        // The tenant's news may take a moment to reach sales.
        const answer = await client.call<{ id: string; ticketTypes: { id: string; code: string }[] }>(
          '/api/v1/products',
          {
            token: managerToken,
            idempotencyKey: `product-${mark}-${options.name}-0000000000`,
            json: productBody(siteId, options),
          },
        );
        if (answer.status === 201) return answer.body;
        if (answer.status === 422) return undefined;
        throw new Error(JSON.stringify(answer.body));
      });
      await client.expect(200, `/api/v1/products/${product.id}/status`, {
        token: managerToken,
        json: { status: 'on_sale', reason: 'opening' },
      });
      const slots = (options.slots ?? [{ from: '00:00', to: '24:00' }]).map((slot) => ({
        ...slot,
        capacity: options.capacity,
      }));
      await eventually('the calendar', async () => {
        const answer = await client.call('/api/v1/session-calendars', {
          token: managerToken,
          idempotencyKey: `calendar-${mark}-${options.name}-000000000`,
          json: {
            productId: product.id,
            siteId,
            ...(options.dayCapacity === undefined ? {} : { dayCapacity: options.dayCapacity }),
            ...(options.approvalAbovePercent === undefined
              ? {}
              : { approvalAbovePercent: options.approvalAbovePercent }),
            weekly: [{ weekdays: [1, 2, 3, 4, 5, 6, 7], slots }],
            exceptions: [],
            from: today(),
            horizonDays: options.days ?? 1,
          },
        });
        if (answer.status === 201) return true;
        if (answer.status === 422) return undefined;
        throw new Error(JSON.stringify(answer.body));
      });
      const wanted = slots.length * (1 + (options.days ?? 1));
      const sessions = await eventually('the sessions', async () => {
        const { sessions: found } = await client.expect<{ sessions: Session[] }>(
          200,
          `/api/v1/products/${product.id}/availability?from=${today()}`,
        );
        // Places that are not told yet are shown as none.
        return found.length >= wanted && found.every((session) => session.availabilityKnown) ? found : undefined;
      });
      const ticketTypes = Object.fromEntries(product.ticketTypes.map(({ code, id }) => [code, id]));
      // Sessions that are over by now cannot be bought.
      const open = sessions.filter(({ available }) => available > 0);
      return {
        productId: product.id,
        ticketTypes,
        sessionIds: open.map(({ id }) => id),
        changeable: options.afterSale === true,
        waits: options.waitingPayWithinMinutes !== undefined,
        today: new Set(open.filter(({ startsAt }) => isOpen(startsAt, options)).map(({ id }) => id)),
      };
    },
  };
}

const DAY_MINUTES = 24 * 60;
const OPENS_MINUTES_BEFORE = 60;

/** A slot of this afternoon is today's, and the gate says too early all the morning. */
function isOpen(startsAt: string, { opensMinutesBefore = OPENS_MINUTES_BEFORE }: ProductOptions): boolean {
  return startsAt.startsWith(today()) && Date.parse(startsAt) - opensMinutesBefore * 60_000 <= Date.now();
}

const whileItLasts = {
  effectiveFrom: '2020-01-01T00:00:00+08:00',
  rounding: { unit: 'fen', direction: 'half-up' },
};
const AFTER_SALE = {
  refunds: [{ ...whileItLasts, steps: [{ minutesBefore: -DAY_MINUTES, feePercent: 10, feeMinimum: 0 }] }],
  exchanges: [
    {
      ...whileItLasts,
      steps: [{ minutesBefore: -DAY_MINUTES, feePercent: 5, feeMinimum: 0 }],
      timesMax: 3,
      otherTicketTypes: true,
    },
  ],
};

function productBody(siteId: string, options: ProductOptions): unknown {
  const type = (code: string, zh: string, en: string, more: Record<string, unknown> = {}): unknown => ({
    code,
    name: { zh, en },
    realName: options.realName ?? false,
    entries: options.entries ?? 1,
    eligibility: [],
    limits: {},
    accompanied: false,
    ...more,
  });
  const amount = options.amount ?? 12_000;
  return {
    siteId,
    kind: 'admission',
    name: { zh: `门票 ${options.name}`, en: `Admission ${options.name}` },
    description: { zh: '试验产品', en: 'Trial product' },
    ticketTypes: [
      type('adult', '成人票', 'Adult'),
      type('child', '儿童票', 'Child', { eligibility: [{ maxAge: 18 }], realName: true }),
      type('named', '实名成人票', 'Adult, named', { realName: true }),
      type('student', '学生票', 'Student'),
    ],
    prices: [
      { ticketType: 'adult', amount },
      { ticketType: 'child', amount: Math.floor(amount / 2) },
      { ticketType: 'named', amount },
      { ticketType: 'student', amount: Math.floor(amount * 0.8) },
    ],
    rules: {
      presaleDays: 60,
      cutOffMinutesBeforeEnd: 0,
      payWithinMinutes: options.payWithinMinutes ?? 15,
      ticketsPerOrder: options.ticketsPerOrder ?? 20,
      unpaidPerPhone: options.unpaidPerPhone ?? 10_000,
      unpaidPerAddress: 10_000,
    },
    validity: { opensMinutesBefore: options.opensMinutesBefore ?? OPENS_MINUTES_BEFORE, closesMinutesAfter: 0 },
    ...options.more,
    ...(options.afterSale === true ? AFTER_SALE : {}),
    ...(options.waitingPayWithinMinutes === undefined
      ? {}
      : { waiting: { lineMax: 200, payWithinMinutes: options.waitingPayWithinMinutes } }),
  };
}
