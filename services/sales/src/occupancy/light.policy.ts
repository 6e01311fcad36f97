// How full a site is, as a light (SAL-43): green, yellow, orange, red. It rises at once and falls only some points below, so that it does
// not flicker while people come and go at a bound.
import type { SiteCapacity, SiteLight } from '@tongpiao/contracts';

export const LIGHTS: readonly SiteLight[] = ['green', 'yellow', 'orange', 'red'];
const DEFAULT_PERCENTS: readonly number[] = [80, 90, 95];
/** Points below a bound at which the light falls: three in a hundred are more than come and go in a minute. */
export const HYSTERESIS_POINTS = 3;

export type Figures = {
  /** People inside now. */
  readonly inside: number;
  /** People let in today. */
  readonly entered: number;
};

export function percentsOf(capacity: SiteCapacity | undefined): readonly number[] {
  return capacity?.lightPercents ?? DEFAULT_PERCENTS;
}

/** Shares in percent; undefined where the site has no such limit. */
export function sharesOf(
  { inside, entered }: Figures,
  capacity: SiteCapacity | undefined,
): { readonly inside: number | undefined; readonly day: number | undefined } {
  const share = (people: number, max: number | undefined): number | undefined =>
    max === undefined ? undefined : (Math.max(0, people) / max) * 100;
  return { inside: share(inside, capacity?.insideMax), day: share(entered, capacity?.dayMax) };
}

const levelOf = (percent: number, bounds: readonly number[]): number =>
  bounds.filter((bound) => percent >= bound).length;

/** The fuller of the two counts. A site without limits is green. */
export function lightOf(before: SiteLight, figures: Figures, capacity: SiteCapacity | undefined): SiteLight {
  const { inside = 0, day = 0 } = sharesOf(figures, capacity);
  if (capacity?.insideMax === undefined && capacity?.dayMax === undefined) return 'green';
  const percent = Math.max(inside, day);
  const bounds = percentsOf(capacity);
  const kept = Math.min(LIGHTS.indexOf(before), levelOf(percent + HYSTERESIS_POINTS, bounds));
  return LIGHTS[Math.max(levelOf(percent, bounds), kept)] ?? 'red';
}
