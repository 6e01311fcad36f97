// The demo: two tenants with sites, gates, people, products and sessions, made through the public API as their staff would make
// them. Everything that has to be the same on a second run (keys of requests, passwords) follows from the administrator's
// password, which the installation made for itself; so a run that was interrupted, or repeated, ends with the same demo.
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { DemoFile } from './card.ts';
import { demoTenants, type DemoProduct, type DemoTenant, type Name } from './demo-plan.ts';

export type SeedOptions = {
  /** The gateway. */
  readonly baseUrl: string;
  readonly adminPassword: string;
  /** `demo.json` is written here, for its owner alone. */
  readonly stateDirectory: string;
  /** Page of the sandboxes: sent messages, mail, payments. */
  readonly sandboxUrl: string;
  readonly report: (line: string) => void;
};

type Method = 'GET' | 'POST';
type Ask = { readonly token?: string; readonly body?: unknown; readonly step?: string };

const identified = z.object({ id: z.string() });
const signedIn = z.object({ accessToken: z.string() });
const tenantList = z.object({ items: z.array(identified), next: z.string().optional() });
const issuedKey = z.object({ apiKey: z.string() });
const madeProduct = z.object({ id: z.string(), ticketTypes: z.array(z.object({ id: z.string(), code: z.string() })) });
const problem = z.object({ code: z.string() });

/** Services that have just started learn of a new tenant within a second or two. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 150;
/** What a moment later may go well: the platform is busy or has not heard of the tenant yet. */
const PASSING: ReadonlySet<number> = new Set([425, 429, 502, 503, 504]);
const NOT_YET: ReadonlySet<string> = new Set([
  'sales.unknown-site',
  'inventory.unknown-site',
  'platform.unknown-tenant',
  'platform.still-running',
]);
const USERS_AT_ONCE = 4;

class Refused extends Error {
  override readonly name = 'Refused';
  readonly passing: boolean;

  constructor(message: string, passing: boolean) {
    super(message);
    this.passing = passing;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const derive = (secret: string, what: string): string =>
  createHmac('sha256', secret).update(`demo|${what}`).digest('base64url');

type Api = <Answer>(method: Method, at: string, answer: z.ZodType<Answer>, ask?: Ask) => Promise<Answer>;

const apiOf = (options: SeedOptions): Api => {
  const once = async <Answer>(method: Method, at: string, answer: z.ZodType<Answer>, ask: Ask): Promise<Answer> => {
    const response = await fetch(`${options.baseUrl}${at}`, {
      method,
      headers: {
        'Accept-Language': 'en',
        ...(ask.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(ask.token === undefined ? {} : { Authorization: `Bearer ${ask.token}` }),
        ...(method === 'POST' ? { 'Idempotency-Key': derive(options.adminPassword, `request|${ask.step ?? at}`) } : {}),
      },
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    if (response.ok) return answer.parse(text === '' ? undefined : JSON.parse(text));
    const told = problem.safeParse(text.startsWith('{') ? JSON.parse(text) : undefined);
    const passing = PASSING.has(response.status) || (told.success && NOT_YET.has(told.data.code));
    throw new Refused(`demo data: ${method} ${at} was answered ${response.status}: ${text.slice(0, 500)}`, passing);
  };
  return async (method, at, answer, ask = {}) => {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await once(method, at, answer, ask);
      } catch (error) {
        // A refused connection is a TypeError of fetch; every request here may be repeated.
        const passing = error instanceof Refused ? error.passing : error instanceof TypeError;
        if (!passing || Date.now() >= end) throw error;
        await pause(PAUSE_MS);
      }
    }
  };
};

const eachOf = async <Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  for (let begin = 0; begin < items.length; begin += atOnce) {
    results.push(...(await Promise.all(items.slice(begin, begin + atOnce).map(work))));
  }
  return results;
};

type DemoUser = DemoFile['users'][number];
type SeededTenant = { readonly tenant: DemoFile['tenants'][number]; readonly users: readonly DemoUser[] };

const productBody = (siteId: string, product: DemoProduct): unknown => ({
  siteId,
  kind: 'admission',
  name: product.name,
  description: product.description,
  ticketTypes: product.ticketTypes.map(({ amount: _amount, ...type }) => type),
  prices: product.ticketTypes.map(({ code, amount }) => ({ ticketType: code, amount })),
  rules: product.rules,
  validity: product.validity,
  ...(product.refunds === undefined ? {} : { refunds: product.refunds }),
  ...(product.exchanges === undefined ? {} : { exchanges: product.exchanges }),
  ...(product.waiting === undefined ? {} : { waiting: product.waiting }),
});

const seedProduct = async (
  api: Api,
  token: string,
  siteId: string,
  key: string,
  product: DemoProduct,
): Promise<DemoFile['tenants'][number]['products'][number]> => {
  const step = `${key}|product|${product.key}`;
  const body = productBody(siteId, product);
  const made = await api('POST', '/api/v1/products', madeProduct, { token, step, body });
  await api('POST', `/api/v1/products/${made.id}/status`, z.unknown(), {
    token,
    step: `${step}|status`,
    body: { status: 'on_sale', reason: 'Opening of the demo' },
  });
  await api('POST', '/api/v1/session-calendars', z.unknown(), {
    token,
    step: `${step}|calendar`,
    body: { ...product.calendar, productId: made.id, siteId, exceptions: [] },
  });
  const named = (code: string): Name | undefined => product.ticketTypes.find((type) => type.code === code)?.name;
  return {
    id: made.id,
    kind: 'admission',
    ticketTypes: made.ticketTypes.map(({ id, code }) => ({ id, name: named(code)?.zh ?? code })),
  };
};

const seedTenant = async (options: SeedOptions, api: Api, token: string, plan: DemoTenant): Promise<SeededTenant> => {
  const { key } = plan;
  const named = async (at: string, step: string, name: Name): Promise<string> =>
    (await api('POST', at, identified, { token, step: `${key}|${step}`, body: { name } })).id;
  const { id } = await api('POST', '/api/v1/tenants', identified, {
    token,
    step: `${key}|tenant`,
    body: { ...plan.tenant, demo: true },
  });
  const siteId = await named(`/api/v1/tenants/${id}/sites`, 'site', plan.site);
  const gates = await eachOf(plan.gates, 1, async (gate) => {
    const gateId = await named(`/api/v1/sites/${siteId}/gates`, `gate|${gate.zh}`, gate);
    const body = { kind: 'gate', subject: gateId, tenantId: id, label: gate.en };
    const step = `${key}|gate-key|${gate.zh}`;
    const { apiKey } = await api('POST', '/api/v1/api-keys', issuedKey, { token, step, body });
    return { id: gateId, name: gate.zh, apiKey };
  });
  const users = await eachOf(plan.people, USERS_AT_ONCE, async ({ role, name }): Promise<DemoUser> => {
    const username = `${key}-${role.replaceAll('_', '-')}`;
    const password = derive(options.adminPassword, `password|${username}`).slice(0, 20);
    const user = { username, password, roles: [role], tenantId: id };
    await api('POST', '/api/v1/users', identified, { token, step: `${key}|user|${role}`, body: { ...user, name } });
    return user;
  });
  const seller = users.find(({ roles }) => roles.includes('tenant_admin'));
  if (seller === undefined) throw new Error(`the demo tenant ${key} has no administrator`);
  const { username, password } = seller;
  const session = await api('POST', '/api/v1/auth/sessions', signedIn, { body: { username, password } });
  const products = await eachOf(plan.products, 1, (product) =>
    seedProduct(api, session.accessToken, siteId, key, product),
  );
  const { kind, name } = plan.tenant;
  return { tenant: { id, kind, name: name.zh, products: [...products], gates: [...gates] }, users };
};

/** The demo of an earlier start, when the platform still has it. */
const kept = async (options: SeedOptions, api: Api, file: string): Promise<DemoFile | undefined> => {
  if (!existsSync(file)) return undefined;
  const demo = DemoFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!demo.success || demo.data.tenants.length < demoTenants.length) return undefined;
  const { items } = await api('GET', '/api/v1/tenants', tenantList);
  const present = new Set(items.map(({ id }) => id));
  if (!demo.data.tenants.every(({ id }) => present.has(id))) return undefined;
  return { ...demo.data, baseUrl: options.baseUrl, sandboxes: sandboxesOf(options) };
};

const sandboxesOf = ({ sandboxUrl }: SeedOptions): DemoFile['sandboxes'] => ({
  sms: sandboxUrl,
  mail: sandboxUrl,
  payment: sandboxUrl,
});

const write = (file: string, demo: DemoFile): void => {
  const fresh = `${file}.new`;
  writeFileSync(fresh, `${JSON.stringify(demo, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
};

/**
 * Makes the demo, or what is missing of it, and writes `<stateDirectory>/demo.json`.
 * @throws Error that says which request was refused, and why
 */
export const seedDemoData = async (options: SeedOptions): Promise<DemoFile> => {
  const api = apiOf(options);
  const file = path.join(options.stateDirectory, 'demo.json');
  const before = await kept(options, api, file);
  if (before !== undefined) {
    write(file, before);
    return before;
  }
  const begun = Date.now();
  const admin = { username: 'admin', password: options.adminPassword };
  const { accessToken } = await api('POST', '/api/v1/auth/sessions', signedIn, { body: admin });
  const seeded = await eachOf(demoTenants, 1, (plan) => seedTenant(options, api, accessToken, plan));
  const demo: DemoFile = {
    baseUrl: options.baseUrl,
    tenants: seeded.map(({ tenant }) => tenant),
    sandboxes: sandboxesOf(options),
    users: [{ ...admin, roles: ['platform_admin'], tenantId: 'platform' }, ...seeded.flatMap(({ users }) => users)],
  };
  write(file, demo);
  options.report(`demo data ready after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  return demo;
};
