// Made from src/sync.ts by scripts/generate.ts.
/** 100,000 tickets are some 50 pages. */
const PAGES_MAX = 2_000;
/** With an API key of the gate, over the runtime's `fetch`. */
export function httpTransport(options) {
    return async ({ method, path, body }) => {
        const answer = await fetch(`${options.baseUrl}${path}`, {
            method,
            headers: { 'X-Api-Key': options.apiKey, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            signal: AbortSignal.timeout(options.timeoutMs ?? 30_000),
        });
        if (answer.status !== 200)
            throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
        return answer.json();
    };
}
function answersOf(answer) {
    if (typeof answer !== 'object' || answer === null || !('scans' in answer) || !Array.isArray(answer.scans))
        throw new TypeError('this is no answer to an upload');
    return answer.scans;
}
/**
 * One round; whatever was not reached is done in the next one. Rounds of one gate must not overlap.
 * @throws what the transport throws
 */
export async function sync(gate, gateId, transport) {
    const path = `/api/v1/gates/${encodeURIComponent(gateId)}`;
    const answers = [];
    const asked = new Set();
    for (;;) {
        // What the platform wants later stays pending, and is not asked again in this round.
        const scans = gate.pending().filter(({ scanId }) => !asked.has(scanId));
        if (scans.length === 0)
            break;
        for (const { scanId } of scans)
            asked.add(scanId);
        const body = { sentAt: gate.now().toISOString(), scans };
        const said = answersOf(await transport({ method: 'POST', path: `${path}/uploads`, body }));
        await gate.told(said);
        answers.push(...said);
    }
    let pages = 0;
    for (let more = true; more && pages < PAGES_MAX; pages += 1) {
        const cursor = gate.cursor();
        const query = cursor === undefined ? '' : `?since=${encodeURIComponent(cursor)}`;
        ({ more } = await gate.learn(await transport({ method: 'GET', path: `${path}/manifest${query}` })));
    }
    return {
        handedIn: answers.length,
        incidents: answers.filter(({ outcome }) => outcome === 'incident'),
        rejected: answers.filter(({ outcome }) => outcome === 'rejected'),
        pages,
    };
}
