// Waiting in tests: for a condition, never for a time. A failure says what was seen last.

export type Patience = { readonly withinMs?: number; readonly everyMs?: number };

/**
 * Asks until the probe returns something other than undefined or false.
 * @throws Error with what was seen last
 */
export async function eventually<Value>(
  what: string,
  probe: () => Promise<Value | undefined | false> | Value | undefined | false,
  patience: Patience = {},
): Promise<Value> {
  const { withinMs = 20_000, everyMs = 20 } = patience;
  const end = Date.now() + withinMs;
  for (;;) {
    let last: unknown;
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= end) {
      throw new Error(
        `${what}: not within ${withinMs} ms; last seen: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Asks until the probe answers the same for a while: for "and nothing more happens". */
export async function settled<Value>(
  what: string,
  probe: () => Promise<Value> | Value,
  quietMs = 500,
  withinMs = 30_000,
): Promise<Value> {
  const end = Date.now() + withinMs;
  let value = await probe();
  let since = Date.now();
  while (Date.now() - since < quietMs) {
    if (Date.now() >= end)
      throw new Error(`${what}: still moving after ${withinMs} ms; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
    const next = await probe();
    if (JSON.stringify(next) !== JSON.stringify(value)) {
      value = next;
      since = Date.now();
    }
  }
  return value;
}
