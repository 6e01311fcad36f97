// What is decided about a site on a day: its light, and corrections after a count on the spot. The counters themselves change with every
// person and lie beside it; this record changes a few times a day, and says so.
import type { SiteCapacity, SiteLight } from '@tongpiao/contracts';

type Correction = {
  /** People inside as counted by the gates, and as counted on the spot. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
};

export type OccupancyState =
  | { readonly status: 'none' }
  | {
      readonly status: 'counted';
      readonly siteId: string;
      readonly date: string;
      readonly light: SiteLight;
      /** Revision of the counters at which the light was decided. */
      readonly revision: number;
      /** Sum of all corrections. */
      readonly corrected: number;
      /** The last ones. */
      readonly corrections: readonly Correction[];
    };

type OfSite = { readonly siteId: string; readonly date: string; readonly at: string };

export type OccupancyCommand =
  | (OfSite & {
      readonly type: 'Observe';
      readonly revision: number;
      readonly inside: number;
      readonly entered: number;
      readonly capacity: SiteCapacity | undefined;
    })
  | (OfSite & {
      readonly type: 'Correct';
      /** People inside without any correction. */
      readonly counted: number;
      readonly inside: number;
      readonly reason: string;
      readonly by: string;
    });

export type OccupancyEvent =
  | (OfSite & {
      readonly type: 'LightChanged';
      readonly light: SiteLight;
      readonly revision: number;
      readonly inside: number;
      readonly entered: number;
      readonly capacity: SiteCapacity | undefined;
    })
  | (OfSite & { readonly type: 'OccupancyCorrected'; readonly correction: Correction });
