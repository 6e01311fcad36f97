// People who have lost their ticket, or whose name on it is wrong: they apply, sometimes from two phones, while the family gives the
// ticket back or walks in with it. Whatever comes of it, one living ticket, and its fee only for a new one.
import { newKey, type Answer, type Client } from '../support/client.ts';
import type { World } from '../support/world.ts';
import type { Bought } from './change-of-mind.ts';
import { codeOf, type Insist } from './insist.ts';
import type { Random } from './random.ts';

const PATH = '/api/v1/reissue-applications';
const FOLLOW_MS = 45_000;
const LOOK_EVERY_MS = 500;
const FEE = 500;
/** The ticket was used, given back or taken up by another phone: an answer, not a fault. */
const TAKEN = new Set([
  'reissue.ticket-used',
  'reissue.ticket-refunded',
  'reissue.ticket-exchanged',
  'reissue.ticket-superseded',
  'reissue.ticket-frozen',
  'reissue.ticket-not-living',
  'reissue.already-open',
  'reissue.already-decided',
  'reissue.case-ended',
  'reissue.no-fee-due',
  'reissue.fee-paid',
]);
/** Reissue hears of a ticket a moment after its buyer has it. */
const COMES = 'reissue.ticket-not-found';

type Case = { id: string; status: string; accessToken: string; newNumber?: string };
type Policy = Record<string, unknown> & { risk: { points: Record<string, number> } };
type Holder = Bought & { readonly document: { readonly idType: string; readonly idNumber: string } };
export type Reissues = { apply(holder: Holder): Promise<void> };

/** Everybody in the trial has one address and decisions are made at once; corrections cost a fee. */
export async function startReissues(
  client: Client,
  world: World,
  parts: { readonly insist: Insist; readonly random: Random; readonly wrong: string[] },
): Promise<Reissues> {
  const { insist, random, wrong } = parts;
  const reviewer = await world.addStaff('reviewer', ['reviewer']);
  await setPolicy(client, world.managerToken);

  async function submit({ numbers: [number], document }: Holder, json: unknown): Promise<Case | undefined> {
    const key = newKey();
    const begun = await insist<Case>(
      'reissue application',
      async () => {
        const answer = await client.call<Case>(PATH, {
          idempotencyKey: key,
          json: { kind: 'replacement', reason: 'lost', ticket: { number }, proof: { document }, ...(json as object) },
        });
        if (codeOf(answer.body) === COMES) throw new Error('the ticket is not known yet');
        return answer;
      },
      (answer) => answer.status === 201 || TAKEN.has(codeOf(answer.body)),
    );
    return begun?.status === 201 ? begun.body : undefined;
  }

  /** @returns the case as soon as it has one of these statuses; undefined when that takes too long */
  async function follow({ id, accessToken }: Case, statuses: ReadonlySet<string>): Promise<Case | undefined> {
    const end = Date.now() + FOLLOW_MS;
    while (Date.now() < end) {
      const found = await insist<Case>(
        'reading a case',
        () => client.call(`${PATH}/${id}`, { token: accessToken }),
        ({ status }) => status === 200,
      );
      if (found === undefined) return undefined;
      if (statuses.has(found.body.status)) return { ...found.body, accessToken };
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return undefined;
  }

  const isAnswer = <Body>({ status, body }: Answer<Body>): boolean =>
    status === 200 || status === 201 || status === 202 || TAKEN.has(codeOf(body));

  async function lose(holder: Holder): Promise<void> {
    const opened = await submit(holder, {});
    if (opened === undefined) return;
    const done = await follow(opened, OVER);
    if (done?.status === 'reissued') await oldOneIsDead(holder);
  }

  /** Decided by a reviewer, carried out when the fee is paid. */
  async function correct(holder: Holder): Promise<void> {
    const opened = await submit(holder, { kind: 'correction', reason: 'wrong-data', correction: { name: '李四' } });
    if (opened === undefined) return;
    const onDesk = await follow(opened, DESKS);
    if (onDesk === undefined || OVER.has(onDesk.status)) return;
    const decide = (): Promise<unknown> => {
      const key = newKey();
      return insist(
        'review',
        () =>
          client.call(`${PATH}/${opened.id}/review`, {
            token: reviewer,
            idempotencyKey: key,
            json: { action: 'decide', verdict: random.chance(0.85) ? 'approve' : 'refuse', reason: '核对无误' },
          }),
        isAnswer,
      );
    };
    // Two tabs of one reviewer, now and then.
    await Promise.all(random.chance(0.3) ? [decide(), decide()] : [decide()]);
    const due = await follow(opened, DECIDED);
    if (due?.status !== 'fee_due' || random.chance(0.2)) return withdraw(opened);
    const key = newKey();
    await insist(
      'reissue fee',
      () =>
        client.call(`${PATH}/${opened.id}/payments`, {
          token: opened.accessToken,
          idempotencyKey: key,
          wait: 10,
          timeoutMs: 20_000,
          json: { method: 'sandbox' },
        }),
      isAnswer,
    );
    const done = await follow(opened, OVER);
    if (done?.status === 'reissued') await oldOneIsDead(holder);
  }

  async function withdraw({ id, accessToken }: Case): Promise<void> {
    await insist(
      'withdrawal',
      () => client.call(`${PATH}/${id}/withdrawal`, { token: accessToken, json: {} }),
      (answer) => isAnswer(answer) || codeOf(answer.body) === 'reissue.being-carried-out',
    );
  }

  async function scan(number: string): Promise<{ outcome: string; reason?: string } | undefined> {
    const answer = await insist<{ outcome: string; reason?: string }>(
      'check-in',
      () =>
        client.call('/api/v1/check-ins', {
          apiKey: world.gateKey,
          json: { gateId: world.gateId, credential: { ticketNumber: number } },
        }),
      ({ status }) => status === 200,
    );
    return answer?.body;
  }

  async function oldOneIsDead({ numbers: [number = ''] }: Holder): Promise<void> {
    const said = await scan(number);
    if (said !== undefined && said.reason !== 'superseded')
      wrong.push(`${number} was reissued, and the gate says ${said.reason ?? said.outcome}`);
  }

  const giveBack = async ({ numbers: [number], token }: Holder): Promise<void> => {
    const key = newKey();
    await insist(
      'refund',
      () => client.call(`/api/v1/tickets/${number ?? ''}/refunds`, { token, idempotencyKey: key, json: {} }),
      (answer) => isAnswer(answer) || answer.status === 409 || codeOf(answer.body).startsWith('sales.'),
    );
  };
  const walkIn = async ({ numbers: [number = ''] }: Holder): Promise<void> => {
    await scan(number);
  };

  return {
    async apply(holder) {
      const ways: readonly (readonly ((of: Holder) => Promise<void>)[])[] = [
        [lose],
        [lose],
        [correct],
        [correct],
        [lose, lose],
        [lose, giveBack],
        [lose, walkIn],
        [correct, giveBack],
        [correct, lose],
      ];
      await Promise.all(random.pick(ways).map((way) => way(holder)));
    },
  };
}

const OVER: ReadonlySet<string> = new Set(['reissued', 'refused', 'withdrawn', 'closed']);
const DESKS: ReadonlySet<string> = new Set([...OVER, 'deciding', 'reviewing', 'risk_check']);
const DECIDED: ReadonlySet<string> = new Set([...OVER, 'fee_due']);

async function setPolicy(client: Client, token: string): Promise<void> {
  const { body, headers } = await client.call<Policy>('/api/v1/reissue-policy', { token });
  const { version: _version, ...rules } = body;
  await client.expect(200, '/api/v1/reissue-policy', {
    method: 'PUT',
    token,
    headers: { 'if-match': String(headers['etag']) },
    json: {
      rules: {
        ...rules,
        risk: { ...rules.risk, points: { ...rules.risk.points, 'shared-address': 0 } },
        selfService: { on: true, sampleShare: 0 },
        fees: [{ kind: 'correction', amount: FEE }],
      },
      reason: '试验',
    },
  });
}
