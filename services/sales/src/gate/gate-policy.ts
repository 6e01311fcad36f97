// The numbers by which gates without network live (SAL-41): told to them with each manifest, and kept by us.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Each scan costs a guarded write; 500 take about a second. */
export const SCANS_PER_UPLOAD_MAX = 500;
/** How often a gate with network should ask: a refund is known at every gate after this. */
const SYNC_EVERY_SECONDS = 30;
/** Twice the longest that people are on their way out. A red light that nobody has renewed says nothing after that. */
const LIGHT_VALID_MINUTES = 15;
/** Then the inspector should look at the network. */
const LIST_STALE_MINUTES = 60;
/** A device that goes wrong by more is looked at: it lets people in before or after their time. */
export const CLOCK_SKEW_MAX_MS = MINUTE_MS;
/** A spell ends only well below, so that a clock at the bound is one spell and not a hundred. */
export const CLOCK_WELL_MS = CLOCK_SKEW_MAX_MS / 2;
/** A scan of the future cannot have happened. */
export const SCAN_AHEAD_MAX_MS = 10 * MINUTE_MS;
/** A long weekend without network. What is older is taken as well, and somebody is told to ask why. */
export const SCAN_LATE_AFTER_MS = 96 * HOUR_MS;

export const GATE_POLICY = {
  scansPerUploadMax: SCANS_PER_UPLOAD_MAX,
  syncEverySeconds: SYNC_EVERY_SECONDS,
  lightValidMinutes: LIGHT_VALID_MINUTES,
  listStaleMinutes: LIST_STALE_MINUTES,
  clockSkewMaxSeconds: CLOCK_SKEW_MAX_MS / 1_000,
  scanAgeMaxHours: SCAN_LATE_AFTER_MS / HOUR_MS,
} as const;
