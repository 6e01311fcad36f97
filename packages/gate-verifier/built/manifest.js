// Made from src/manifest.ts by scripts/generate.ts.
// The manifest (离线清单) as the platform tells it, and the list that a gate makes of it. Rows are short because a day may have
// 100,000 tickets: what tickets have in common is told once per page as a kind. A page may be learned twice; the last word on a number
// counts, so nothing has to be told exactly once.
import { documentTag } from "./documents.js";
const TEXTS = ['tenantId', 'siteId', 'gateId', 'date', 'timeZone', 'serverTime', 'cursor', 'light'];
const LISTS = ['keys', 'kinds', 'tickets', 'revocations'];
const SWITCHES = ['begins', 'more'];
const isPerTicket = ({ tickets, documentTags: tags }) => tags === undefined || (Array.isArray(tags) && Array.isArray(tickets) && tags.length === tickets.length);
function isManifestPage(value) {
    if (typeof value !== 'object' || value === null)
        return false;
    const page = { ...value };
    return (TEXTS.every((name) => typeof page[name] === 'string') &&
        LISTS.every((name) => Array.isArray(page[name])) &&
        SWITCHES.every((name) => typeof page[name] === 'boolean') &&
        typeof page['policy'] === 'object' &&
        isPerTicket(page));
}
/**
 * The platform is trusted to fill its rows; what is checked is that this is a manifest at all, and no error page or half of one.
 * @throws TypeError for anything else
 */
export function readManifestPage(value) {
    if (!isManifestPage(value))
        throw new TypeError('this is not a page of a manifest');
    return value;
}
export class TicketList {
    #tickets = new Map();
    #dead = new Map();
    /** Tickets by the document of their traveller. Whoever died since is found too, and told so. */
    #byDocument = new Map();
    /** @returns numbers on which the page has a word */
    learn(page) {
        const numbers = [];
        for (const [number, revision, reason] of page.revocations) {
            numbers.push(number);
            const listed = this.#tickets.get(number);
            if (listed !== undefined && listed.revision <= revision)
                this.#tickets.delete(number);
            this.#dead.set(number, { revision, reason });
        }
        // After the revocations, so that a number whose older revision is dead keeps its living one.
        for (const [index, row] of page.tickets.entries()) {
            const [number, revision, kindIndex, people = 0, lastAt, lastGateId] = row;
            const kind = page.kinds[kindIndex];
            if (kind === undefined)
                throw new TypeError('a ticket of the manifest is of no kind');
            numbers.push(number);
            const dead = this.#dead.get(number);
            if (dead !== undefined && dead.revision >= revision)
                this.#dead.delete(number);
            const lastUse = lastAt === undefined || lastGateId === undefined ? undefined : { atMs: lastAt * 1_000, gateId: lastGateId };
            const text = page.documentTags?.[index] ?? '';
            const tag = text === '' ? undefined : documentTag(kind.date, text);
            this.#tickets.set(number, { kind, revision, people, lastUse, documentTag: tag });
            if (tag !== undefined)
                this.#noteDocument(tag, number);
        }
        return numbers;
    }
    #noteDocument(tag, number) {
        const numbers = this.#byDocument.get(tag);
        if (numbers === undefined)
            this.#byDocument.set(tag, new Set([number]));
        else
            numbers.add(number);
    }
    /** Numbers of tickets whose traveller's document has this tag. */
    ofDocument(tag) {
        return [...(this.#byDocument.get(tag) ?? [])];
    }
    ticket(number) {
        return this.#tickets.get(number);
    }
    /** Living or dead. */
    knows(number) {
        return this.#tickets.has(number) || this.#dead.has(number);
    }
    /** What became of a ticket. @param revision of the code that was shown; undefined when the number was typed */
    deathOf(number, revision) {
        const dead = this.#dead.get(number);
        if (dead === undefined)
            return undefined;
        if (revision === undefined)
            return this.#tickets.has(number) ? undefined : dead.reason;
        return revision <= dead.revision ? dead.reason : undefined;
    }
    get size() {
        return this.#tickets.size;
    }
}
