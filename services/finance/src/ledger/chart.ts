// How a tenant's own books call our accounts (FIN-12): a code and, if wanted, a name per account, in versions that begin at a moment. The
// accounts themselves and what is booked where are the posting rules'; a chart is what accountants look entries up by.
import type { Bilingual } from '@tongpiao/contracts';

type Named = { readonly code: string; readonly name?: Bilingual | undefined };

export type Chart = {
  readonly version: number;
  /** For what is booked from then on. */
  readonly effectiveFrom: string;
  /** By our account. What is left out is called as we call it. */
  readonly accounts: Readonly<Record<string, Named>>;
  readonly reason: string;
};

export type ChartState = { readonly status: 'none' } | { readonly status: 'set'; readonly charts: readonly Chart[] };

export type ChartCommand = Omit<Chart, 'version'> & {
  readonly type: 'SetChart';
  readonly at: string;
  /** The version that the caller has read. */
  readonly expected: number;
};
export type ChartEvent = { readonly type: 'ChartSet'; readonly chart: Chart };
