// Made from src/run-vectors.ts by scripts/generate.ts.
// Runs the test vectors against a gate: in Node, in a browser, on the device of somebody who wrote a gate of their own. Each case has a
// gate of its own; its steps come one after another.
import { openGate } from "./gate.js";
async function faultsOf({ title, gateId, pages, steps }, crypto) {
    let nowMs = 0;
    const gate = await openGate({ gateId, now: () => nowMs, ...(crypto === undefined ? {} : { crypto }) });
    for (const page of pages) {
        nowMs = Date.parse(page.serverTime);
        await gate.learn(page);
    }
    const faults = [];
    for (const [index, { at, shown, people, expect }] of steps.entries()) {
        nowMs = Date.parse(at);
        const verdict = new Map(Object.entries(await gate.scan(shown, people === undefined ? {} : { people })));
        for (const [name, wanted] of Object.entries(expect)) {
            const got = verdict.get(name);
            if (JSON.stringify(got) !== JSON.stringify(wanted))
                faults.push(`${title}, step ${index + 1}: ${name} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
        }
    }
    return faults;
}
/** @returns what is wrong; nothing when every case is judged as expected */
export async function runVectors(vectors, options = {}) {
    const faults = [];
    for (const one of vectors.cases)
        faults.push(...(await faultsOf(one, options.crypto)));
    return { cases: vectors.cases.length, faults };
}
