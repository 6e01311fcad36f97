// Waits for a fact instead of a time, and says what it last saw when the fact does not come.

const POLL_MS = 20;

/** @param timeoutMs how long the fact may take; generous, since it only costs time when the spec fails. */
export async function eventually<Value>(
  what: string,
  probe: () => Promise<Value> | Value,
  good: (value: Value) => boolean,
  timeoutMs = 10_000,
): Promise<Value> {
  const end = performance.now() + timeoutMs;
  let saw: string;
  do {
    try {
      const value = await probe();
      if (good(value)) return value;
      saw = JSON.stringify(value);
    } catch (error) {
      saw = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  } while (performance.now() < end);
  throw new Error(`${what} did not happen within ${timeoutMs} ms; last seen: ${saw}`);
}
