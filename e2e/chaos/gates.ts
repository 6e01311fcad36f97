// Gates that have lost their network while everything else goes on: they let people in by themselves, sometimes the same ticket at both,
// and hand in when they reach the platform. What they decided is kept here, to be compared with the platform's record.
import { httpTransport, openGate, sync, type Gate as Verifier } from '@tongpiao/gate-verifier';
import type { Gate } from '../support/world.ts';
import type { Random } from './random.ts';

export type Decided = {
  readonly gateId: string;
  /** As the record names it: gates number their scans as they like. */
  readonly scanId: string;
  readonly number: string;
  readonly admitted: boolean;
};
export type OfflineGates = {
  readonly decided: readonly Decided[];
  /** Shows a ticket that was just bought; it may have been given back or exchanged meanwhile, which such a gate cannot know. */
  show(ticket: { readonly number: string; readonly qr: string }): Promise<void>;
  /** Each hands in what is left. */
  stop(): Promise<void>;
};

const SYNC_EVERY_MS = { least: 2_000, most: 9_000 };
const FIRST_WITHIN_MS = 30_000;
const LAST_WITHIN_MS = 90_000;
const PAUSE_MS = 500;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function startOfflineGates(
  baseUrl: string,
  gates: readonly Gate[],
  options: { readonly random: Random; readonly wrong: string[]; readonly gaveUp: Map<string, number> },
): Promise<OfflineGates> {
  const { random, wrong, gaveUp } = options;
  const decided: Decided[] = [];
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();

  /** @returns what kept it from speaking with the platform, if anything did */
  async function talk(verifier: Verifier, { gateId, gateKey }: Gate): Promise<string | undefined> {
    try {
      const { rejected } = await sync(verifier, gateId, httpTransport({ baseUrl, apiKey: gateKey }));
      for (const { scanId, code } of rejected) wrong.push(`gate ${gateId}: scan ${scanId} was rejected: ${code ?? ''}`);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Until it has reached the platform and nothing is left to be handed in. */
  async function insist(verifier: Verifier, gate: Gate, withinMs: number): Promise<void> {
    const end = Date.now() + withinMs;
    for (;;) {
      const trouble = await talk(verifier, gate);
      if (trouble === undefined && verifier.status().pending === 0) return;
      if (Date.now() > end) {
        gaveUp.set(`gate ${gate.gateId}: ${trouble ?? 'scans are left'}`, verifier.status().pending);
        return;
      }
      await sleep(PAUSE_MS);
    }
  }

  const open = await Promise.all(
    gates.map(async (gate) => {
      const verifier = await openGate({ gateId: gate.gateId });
      await insist(verifier, gate, FIRST_WITHIN_MS);
      return { gate, verifier };
    }),
  );
  const running = open.map(async ({ gate, verifier }) => {
    const pause = (): Promise<boolean> =>
      Promise.race([
        sleep(random.between(SYNC_EVERY_MS.least, SYNC_EVERY_MS.most)).then(() => true),
        stopped.then(() => false),
      ]);
    // A round that does not reach the platform leaves more for the next one.
    while (await pause()) await talk(verifier, gate);
    await insist(verifier, gate, LAST_WITHIN_MS);
  });

  async function scan(
    { gate, verifier }: (typeof open)[number],
    ticket: { number: string; qr: string },
  ): Promise<boolean> {
    const verdict = await verifier.scan({ qr: ticket.qr });
    if (verdict.scanId === undefined) wrong.push(`gate ${gate.gateId} kept no record of a scan`);
    decided.push({
      gateId: gate.gateId,
      scanId: `${gate.gateId}:${verdict.scanId ?? ''}`,
      number: ticket.number,
      admitted: verdict.admitted,
    });
    return verdict.admitted;
  }

  return {
    decided,
    async show(ticket) {
      const gate = random.pick(open);
      const [once, twice] = [await scan(gate, ticket), random.chance(0.4) && (await scan(gate, ticket))];
      if (once && twice) wrong.push(`gate ${gate.gate.gateId} let ${ticket.number} in twice`);
      // A screenshot for a friend, at the other gate.
      if (random.chance(0.3)) for (const other of open) if (other !== gate) await scan(other, ticket);
    },
    async stop() {
      stop();
      await Promise.all(running);
    },
  };
}
