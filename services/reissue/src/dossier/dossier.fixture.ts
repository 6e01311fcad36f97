// A case with its journal, played through the decider as the store would write it.
import { fold } from '@tongpiao/kernel';
import { chain, GENESIS, verifyChain, type JournalEntry } from '@tongpiao/persistence';
import { applicationDecider } from '../application/application.decider.ts';
import {
  AT,
  commands as c,
  correction,
  manager,
  operator,
  quiet,
  reviewer,
} from '../application/application.fixture.ts';
import type { ApplicationCommand, ApplicationState } from '../application/application.ts';
import { viewChain } from '../lineage/chain-view.ts';
import type { CaseFile } from './case-dossier.ts';

/** A wrong name: with photos, material, a recommendation, a fee and a new ticket. */
export const CORRECTION: readonly ApplicationCommand[] = [
  c.submit({ ...correction(), note: { sealed: 'p1.note', masked: '***' } }),
  c.attach('att_ten_0a7f3k9q2m5x8c4v6b1n'),
  c.sendCode(),
  c.proveByCode('h2'),
  c.proveByCode(),
  c.verified('match', { ...quiet, sameDay: 1, sameTicket: 1, sharedAddress: 2 }),
  c.escalate(operator),
  c.ask(reviewer),
  c.attach('att_ten_0a8g4m1r3n6y9d5x7c2p'),
  c.supply(AT, ['att_ten_0a8g4m1r3n6y9d5x7c2p']),
  c.phone(),
  c.clear(reviewer),
  c.decide(manager),
  c.pay('pay_0a5d8k2m7q9x3c6v1b4n'),
  c.opened('pay_0a5d8k2m7q9x3c6v1b4n'),
  c.captured('pay_0a5d8k2m7q9x3c6v1b4n'),
  c.reissued(new Date(Date.parse(AT) + 1_240).toISOString()),
];
const SHA = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

export function caseFile(commands: readonly ApplicationCommand[], change: Partial<CaseFile> = {}): CaseFile {
  let state: ApplicationState = applicationDecider.initial;
  const journal: JournalEntry[] = [];
  commands.forEach((command, index) => {
    const events = applicationDecider.decide(state, command);
    state = fold(applicationDecider, state, events);
    const last = journal.at(-1);
    const origin = {
      by: index % 3 === 0 ? 'guest-reissue-token:rei_1' : 'usr_reviewer',
      channel: 'web',
      cause: 'c',
      correlationId: 'c',
    };
    const said = events.map(({ type, ...data }) => ({ type, data }));
    journal.push(...chain({ seq: last?.seq ?? 0, head: last?.hash ?? GENESIS }, said, AT, origin));
  });
  if (state.status === 'none') throw new Error('nothing was submitted');
  const application = { ...state, attachments: state.attachments.map((one) => ({ ...one, sha256: SHA })) };
  return {
    ...{ id: 'rei_ten7f3k9q2m5x8c4v6b1n0a', application, journal, by: 'usr_auditor', timeZone: 'Asia/Shanghai' },
    verdict: verifyChain(journal, journal.at(-1)?.hash ?? GENESIS),
    issuer: { zh: '云台山景区', en: 'Yuntai Mountain' },
    site: { zh: '主入口', en: 'Main entrance' },
    at: new Date('2026-12-02T01:30:00Z'),
    chain: viewChain(
      {
        rightId: 'rgt_1',
        tickets: [
          {
            ...{ number: '0A7F3K9Q2M5X8C4', status: 'superseded', begun: { how: 'sold', at: '2026-11-20T02:00:00Z' } },
            ended: { at: AT, successor: '0A8G4M1R3N6Y9D5', applicationId: 'rei_1' },
            applications: [{ id: 'rei_1', status: 'reissued', submittedAt: AT, carriedOutMs: 1_240 }],
            shown: [{ gateId: 'gat_1', decided: 'refused', at: '2026-12-01T01:05:00Z' }],
          },
          {
            ...{ number: '0A8G4M1R3N6Y9D5', status: 'living', applications: [], shown: [] },
            begun: { how: 'superseded', at: AT, applicationId: 'rei_1' },
          },
        ],
      },
      { product: { zh: '分时入园门票', en: 'Timed entry' }, ticketType: { zh: '成人票', en: 'Adult' } },
      () => ({ zh: '1号闸机', en: 'Gate 1' }),
    ),
    ...change,
  };
}
