// Says no before everything becomes slow: when the event loop itself is late, each further request only makes it later, so new
// work is refused until the loop has caught up (PLA-35).
import { monitorEventLoopDelay } from 'node:perf_hooks';

export type LoadSensor = {
  isOverloaded(): boolean;
  stop(): void;
};

const RESOLUTION_MS = 10;
const LOOK_EVERY_MS = 250;
/** Below this share of the bound new work is let in again; the gap keeps the answer from flapping. */
const RECOVERED_SHARE = 0.5;

/** @param median of the delays since the last look, in milliseconds; specs bring their own */
export function createLoadSensor(options: {
  maxDelayMs: number;
  onChange: (overloaded: boolean, delayMs: number) => void;
  median?: () => number;
}): LoadSensor {
  const { maxDelayMs, onChange } = options;
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const measured = (): number => {
    const delayMs = histogram.percentile(50) / 1e6 - RESOLUTION_MS;
    histogram.reset();
    return delayMs;
  };
  const median = options.median ?? measured;
  let overloaded = false;
  const timer = setInterval(() => {
    const delayMs = median();
    const now = overloaded ? delayMs > maxDelayMs * RECOVERED_SHARE : delayMs > maxDelayMs;
    if (now !== overloaded) onChange(now, delayMs);
    overloaded = now;
  }, LOOK_EVERY_MS);
  timer.unref();
  return {
    isOverloaded: () => overloaded,
    stop() {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
