// What is known about keys and revocations, as a pure fold over what identity says. Pure, because the order in which
// publications and beats arrive decides whether somebody gets in, and such things deserve tests without a broker.
import { TRUST_STALE_AFTER_MS, type DataOf, type trustBeat, type trustPublished } from '@tongpiao/contracts';

export type TrustPublication = DataOf<typeof trustPublished>;
export type TrustBeat = DataOf<typeof trustBeat>;

export type TrustInput =
  | { readonly type: 'published'; readonly data: TrustPublication; readonly nowMs: number }
  | { readonly type: 'beat'; readonly data: TrustBeat; readonly nowMs: number };

type PublishedKey = TrustPublication['keys'][number];
type PublishedApiKey = TrustPublication['apiKeys'][number];

export type TrustState =
  | { readonly status: 'empty' }
  | {
      readonly status: 'loaded';
      readonly revision: number;
      /** When it was last certain that nothing newer exists; milliseconds of a clock that never goes back. */
      readonly confirmedAtMs: number;
      readonly keys: ReadonlyMap<string, PublishedKey>;
      readonly apiKeys: ReadonlyMap<string, PublishedApiKey>;
      readonly revokedFamilies: ReadonlySet<string>;
      /** User → tokens issued in or before this second are refused. */
      readonly revokedUsers: ReadonlyMap<string, number>;
    };

export const NO_TRUST: TrustState = { status: 'empty' };

/*
 * state  × published newer/same | published older | beat same    | beat newer          | beat older
 * empty    loaded                 (= newer)         –              – (ask)               – (ask)
 * loaded   loaded, confirmed      –                 confirmed      – (ask; goes stale)   –
 */
export function evolveTrust(state: TrustState, input: TrustInput): TrustState {
  if (input.type === 'beat') {
    if (state.status === 'empty' || input.data.revision !== state.revision) return state;
    return { ...state, confirmedAtMs: input.nowMs };
  }
  const { data, nowMs } = input;
  if (state.status === 'loaded' && data.revision < state.revision) return state;
  return {
    status: 'loaded',
    revision: data.revision,
    confirmedAtMs: nowMs,
    keys: new Map(data.keys.map((key) => [key.kid, key])),
    apiKeys: new Map(data.apiKeys.map((key) => [key.id, key])),
    revokedFamilies: new Set(data.revokedFamilies.map(({ id }) => id)),
    revokedUsers: new Map(data.revokedUsers.map(({ id, at }) => [id, Math.floor(Date.parse(at) / 1_000)])),
  };
}

/** Whether identity has to be asked: there is something newer than what is known, or nothing is known at all. */
export function mustAsk(state: TrustState, beat: TrustBeat): boolean {
  return state.status === 'empty' || beat.revision > state.revision;
}

/** Whether tokens may be judged by this at all (PLA-06). */
export function isFresh(state: TrustState, nowMs: number): boolean {
  return state.status === 'loaded' && nowMs - state.confirmedAtMs <= TRUST_STALE_AFTER_MS;
}
