// Made from src/admission.ts by scripts/generate.ts.
const MINUTE_MS = 60_000;
const formatters = new Map();
/** `YYYY-MM-DD`, as a calendar on the wall shows it. */
function localDate(ms, timeZone) {
    let formatter = formatters.get(timeZone);
    if (formatter === undefined) {
        formatter = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
        formatters.set(timeZone, formatter);
    }
    return formatter.format(ms);
}
export function listedTicket(number, { kind, people, lastUse }, siteId) {
    return {
        number,
        siteIds: [siteId],
        gateIds: kind.gateIds,
        dates: [kind.date, kind.date],
        validFromMs: Date.parse(kind.validFrom),
        validUntilMs: Date.parse(kind.validUntil),
        entries: kind.entries,
        admits: kind.admits,
        minutesBetweenEntries: kind.minutesBetweenEntries,
        people,
        lastUse,
        shown: {
            listed: true,
            realName: kind.realName,
            showAtGate: kind.showAtGate,
            product: kind.product,
            ticketType: kind.ticketType,
        },
    };
}
/** Its code tells neither gates, nor people of an entry, nor pauses: one person an entry is the careful reading. */
export function unlistedTicket(facts, timeZone) {
    return {
        number: facts.number,
        siteIds: facts.siteIds,
        gateIds: undefined,
        dates: [localDate(facts.validFromMs, timeZone), localDate(facts.validUntilMs, timeZone)],
        validFromMs: facts.validFromMs,
        validUntilMs: facts.validUntilMs,
        entries: facts.entries,
        admits: 1,
        minutesBetweenEntries: undefined,
        people: 0,
        lastUse: undefined,
        shown: { listed: false, realName: facts.realName, showAtGate: [] },
    };
}
/** The same ticket with what this gate let in since the list was made. */
export function withOwnUses(ticket, uses) {
    let { people, lastUse } = ticket;
    for (const use of uses) {
        people += use.people;
        if (lastUse === undefined || lastUse.atMs <= use.atMs)
            lastUse = use;
    }
    return { ...ticket, people, lastUse };
}
const refused = (reason, more = {}) => ({
    ...more,
    admitted: false,
    reason,
});
/**
 * @param wanted people who want in with this scan; all that one entry admits unless counted
 * @param full the site's light is red
 * @param another the document that was shown with the ticket is not its traveller's
 */
export function admission(ticket, place, atMs, wanted, full, another = false) {
    const { entries, admits, lastUse, validFromMs, validUntilMs, minutesBetweenEntries, gateIds } = ticket;
    const left = Math.max(0, entries * admits - ticket.people);
    if (left === 0)
        return refused('already-used', { lastUse });
    if (!ticket.siteIds.includes(place.siteId))
        return refused('wrong-site');
    if (gateIds !== undefined && !gateIds.includes(place.gateId))
        return refused('wrong-gate');
    const isOpen = atMs >= validFromMs && atMs <= validUntilMs;
    const [first, last] = ticket.dates;
    const today = localDate(atMs, place.timeZone);
    if (!isOpen && (today < first || today > last))
        return refused('wrong-day');
    if (!isOpen)
        return refused(atMs < validFromMs ? 'too-early' : 'too-late', { validFromMs, validUntilMs });
    if (another)
        return refused('wrong-person');
    if (minutesBetweenEntries !== undefined && lastUse !== undefined && admits === 1) {
        const againAtMs = lastUse.atMs + minutesBetweenEntries * MINUTE_MS;
        if (atMs < againAtMs)
            return refused('too-soon-again', { lastUse, againAtMs });
    }
    const most = Math.min(left, admits);
    if (wanted !== undefined && wanted > most)
        return refused('too-many-people', { peopleLeft: most });
    if (full)
        return refused('capacity');
    const people = wanted ?? most;
    return { admitted: true, number: ticket.number, people, peopleLeft: left - people, ...ticket.shown };
}
