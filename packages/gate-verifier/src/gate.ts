// A gate that judges tickets by itself (SAL-41). What it lets in is kept before it opens, so that it never lets in twice, not even across
// a loss of power; what it decided is handed in when there is a network again.
import { admission, listedTicket, unlistedTicket, withOwnUses, type Ticket } from './admission.ts';
import { createDocumentKeys, type DocumentKeys, type DocumentTag } from './documents.ts';
import { createKeys, type GateCrypto, type Keys } from './keys.ts';
import { readManifestPage, TicketList, type ManifestPage } from './manifest.ts';
import { createMemoryStore, type GateStore } from './store.ts';
import { readPayload, readTicketNumber, readToken, type TokenFacts } from './ticket-text.ts';
import type { Admitted, Credential, KeptScan, Refused, ToldCredential, UploadScan, Use, Verdict } from './words.ts';

export type GateOptions = {
  readonly gateId: string;
  /** Default: a store that forgets when the process ends. */
  readonly store?: GateStore;
  /** Milliseconds since 1970 by the device's clock; corrected by the server's as of the last page. */
  readonly now?: () => number;
  /** Default: `crypto` of the runtime; Node 18 has it as `webcrypto` of `node:crypto`. */
  readonly crypto?: GateCrypto;
};

export type ScanOptions = {
  /** Counted people of a group; all that one entry admits if left out. */
  readonly people?: number;
};

/** What the server said to one scan of an upload. */
export type ScanAnswer = {
  readonly scanId: string;
  readonly outcome: 'recorded' | 'duplicate' | 'incident' | 'rejected';
  readonly code?: string | undefined;
  readonly incidentId?: string | undefined;
};

export type GateStatus = {
  /** Tickets on the list. */
  readonly tickets: number;
  readonly pending: number;
  /** Since the last page, by the device's clock; undefined before the first. */
  readonly listAgeMs: number | undefined;
  /** The list is older than the platform thinks wise. */
  readonly stale: boolean;
};

export type Gate = {
  /**
   * Judges one scan and keeps it.
   * @throws Error when no manifest was ever learned, or when the store cannot keep the scan: then the gate stays shut
   */
  scan(credential: Credential, options?: ScanOptions): Promise<Verdict>;
  /** Learns a page of the manifest as the platform answered it. @throws TypeError when it is none */
  learn(page: unknown): Promise<ManifestPage>;
  /** For the next call of the manifest. */
  cursor(): string | undefined;
  /** What is to be handed in, oldest first. */
  pending(max?: number): readonly UploadScan[];
  /** What the server said to a hand-in; whatever it has taken note of is not handed in again. */
  told(answers: readonly ScanAnswer[]): Promise<void>;
  /** By the server's clock as far as it is known: for `sentAt`. */
  now(): Date;
  status(): GateStatus;
};

type ComingList = {
  readonly list: TicketList;
  readonly pages: ManifestPage[];
  /** Own uses of which the platform had heard when it was begun: a ticket of theirs that it does not have is over. */
  readonly toldBefore: ReadonlySet<string>;
  /** Own uses that it has. */
  readonly listed: Set<string>;
};
type OwnUse = Use & { readonly people: number; readonly scanId: string };

const CREDENTIAL_MAX = 600;
/** Refused scans beyond this are not kept for the platform: a scanner that reads a wall all night must not fill the device. */
const REFUSED_KEPT_MAX = 10_000;
const MINUTE_MS = 60_000;
/** The platform takes a scan of the near future later. */
const COMES_LATER = 'sales.scan-in-future';

export async function openGate(options: GateOptions): Promise<Gate> {
  const gate = new OpenGate(options);
  await gate.remember();
  return gate;
}

class OpenGate implements Gate {
  readonly #gateId: string;
  readonly #store: GateStore;
  readonly #deviceNow: () => number;
  readonly #crypto: GateCrypto;
  readonly #keys: Keys;
  readonly #documents: DocumentKeys;
  readonly #scans = new Map<string, KeptScan>();
  readonly #uses = new Map<string, OwnUse[]>();
  #list = new TicketList();
  /** A list that started anew and is not whole yet; the old one is used until then. */
  #coming: ComingList | undefined;
  #page: ManifestPage | undefined;
  #pageAtMs = 0;
  #clockOffsetMs = 0;
  #refusedKept = 0;

  constructor(options: GateOptions) {
    this.#gateId = options.gateId;
    this.#store = options.store ?? createMemoryStore();
    this.#deviceNow = options.now ?? ((): number => Date.now());
    this.#crypto = options.crypto ?? globalThis.crypto;
    this.#keys = createKeys(this.#crypto.subtle);
    this.#documents = createDocumentKeys(this.#crypto.subtle);
  }

  async remember(): Promise<void> {
    const { pages, scans } = await this.#store.load();
    for (const page of pages) await this.#take(page);
    // How old they are is not known; their clock is not today's.
    this.#clockOffsetMs = 0;
    this.#pageAtMs = this.#page === undefined ? 0 : Date.parse(this.#page.serverTime);
    for (const scan of scans) this.#note(scan);
  }

  async scan(credential: Credential, { people }: ScanOptions = {}): Promise<Verdict> {
    const page = this.#page;
    if (page === undefined) throw new Error('this gate has no manifest yet: it knows neither keys nor its site');
    const shown = await this.#read(credential);
    const atMs = this.now().getTime();
    // From here to #note nothing waits, so two scans of one ticket cannot both find it unused.
    const { verdict, told } =
      'tags' in shown
        ? this.#judgeDocument(page, shown.tags, atMs, people)
        : {
            verdict: 'reason' in shown ? shown : this.#judge(page, shown, atMs, people),
            told: toldOf(credential, 'reason' in shown ? undefined : this.#tagOf(page, shown)),
          };
    if (told === undefined || (!verdict.admitted && this.#refusedKept >= REFUSED_KEPT_MAX)) return verdict;
    const scan = this.#scanOf(told, verdict, atMs, people);
    this.#note(scan);
    try {
      await this.#store.keepScan(scan);
    } catch (error) {
      this.#forget(scan.scanId);
      throw error;
    }
    return { ...verdict, scanId: scan.scanId };
  }

  async #read(credential: Credential): Promise<Shown | ShownDocument | Refused> {
    const forged = (because: NonNullable<Refused['because']>): Refused => ({
      admitted: false,
      reason: 'forged',
      because,
    });
    if (!('qr' in credential || 'ticketNumber' in credential)) return { tags: (await this.#tagsOf(credential)) ?? [] };
    const document = await this.#tagsOf(credential);
    const besides = document === undefined ? {} : { document };
    if (!('qr' in credential)) {
      const number = readTicketNumber(credential.ticketNumber);
      return number === undefined ? { admitted: false, reason: 'unknown' } : { number, ...besides };
    }
    const token = readToken(credential.qr.trim());
    if (token === undefined) return forged('malformed');
    const key = this.#keys.get(token.kid);
    if (key === undefined) return forged('unknown-key');
    const genuine = await this.#crypto.subtle.verify({ name: 'Ed25519' }, key, token.signature, token.signed);
    if (!genuine) return forged('wrong-signature');
    const facts = readPayload(token.payload);
    return facts === undefined ? forged('malformed') : { number: facts.number, facts, ...besides };
  }

  /** @returns undefined where no document was shown */
  async #tagsOf({ idType, idNumber = '' }: Partial<Document>): Promise<readonly DocumentTag[] | undefined> {
    if (idType === undefined || idNumber.trim() === '') return undefined;
    return this.#documents.tagsOf(idType, idNumber);
  }

  /** The tag under the key of the ticket's day, by which the platform can compare; of a ticket that is not listed, of today. */
  #tagOf(page: ManifestPage, { number, document = [] }: Shown): DocumentTag | undefined {
    const date = this.#list.ticket(number)?.kind.date ?? page.date;
    return document.find((tag) => tag.startsWith(date));
  }

  #judge(page: ManifestPage, shown: Shown, atMs: number, people: number | undefined): Admitted | Refused {
    const { number, facts, document } = shown;
    if (facts !== undefined && facts.tenantId !== page.tenantId) return { admitted: false, reason: 'unknown' };
    const death = this.#list.deathOf(number, facts?.revision);
    if (death !== undefined) return { admitted: false, reason: death };
    const listed = this.#list.ticket(number);
    if (listed === undefined && facts === undefined) return { admitted: false, reason: 'unknown' };
    if (listed !== undefined && facts !== undefined && facts.revision < listed.revision)
      return { admitted: false, reason: 'superseded' };
    const known = listed === undefined ? this.#unlisted(page, facts) : listedTicket(number, listed, page.siteId);
    const ticket = withOwnUses(known, this.#uses.get(number) ?? []);
    const { siteId, timeZone } = page;
    const tag = listed?.documentTag;
    const another = tag !== undefined && document !== undefined && !document.includes(tag);
    return admission(ticket, { gateId: this.#gateId, siteId, timeZone }, atMs, people, this.#isFull(page), another);
  }

  /** A person may hold several tickets: the one that opens this gate now is meant, else one of today that tells why it does not. */
  #judgeDocument(
    page: ManifestPage,
    tags: readonly DocumentTag[],
    atMs: number,
    people: number | undefined,
  ): { readonly verdict: Admitted | Refused; readonly told: ToldCredential | undefined } {
    const todayFirst = [...tags].sort((a, b) => Number(b.startsWith(page.date)) - Number(a.startsWith(page.date)));
    const found = todayFirst.flatMap((tag) =>
      this.#list.ofDocument(tag).map((number) => ({
        verdict: this.#judge(page, { number }, atMs, people),
        told: { ticketNumber: number, documentTag: tag },
      })),
    );
    const meant = found.find(({ verdict }) => verdict.admitted) ?? found[0];
    if (meant !== undefined) return meant;
    const [tag] = todayFirst;
    return {
      verdict: { admitted: false, reason: 'unknown' },
      told: tag === undefined ? undefined : { documentTag: tag },
    };
  }

  #unlisted(page: ManifestPage, facts: TokenFacts | undefined): Ticket {
    if (facts === undefined) throw new Error('a ticket that is not listed needs its code');
    return unlistedTicket(facts, page.timeZone);
  }

  /** A red light of an hour ago says nothing: the people who were inside may have left. */
  #isFull(page: ManifestPage): boolean {
    return page.light === 'red' && this.#listAgeMs() <= page.policy.lightValidMinutes * MINUTE_MS;
  }

  #listAgeMs(): number {
    return Math.max(0, this.#deviceNow() - this.#pageAtMs);
  }

  #scanOf(credential: ToldCredential, verdict: Admitted | Refused, atMs: number, people: number | undefined): KeptScan {
    const counted = verdict.admitted ? verdict.people : people;
    return {
      scanId: this.#newScanId(),
      at: new Date(atMs).toISOString(),
      credential,
      ...(counted === undefined ? {} : { people: counted }),
      ...(verdict.admitted
        ? { decided: 'admitted' as const, number: verdict.number }
        : { decided: 'refused' as const, reason: verdict.reason }),
      told: false,
    };
  }

  /** 128 random bits. `randomUUID` is missing from browsers without TLS. */
  #newScanId(): string {
    const bytes = this.#crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  #note(scan: KeptScan): void {
    this.#scans.set(scan.scanId, scan);
    if (scan.decided === 'refused') this.#refusedKept += 1;
    const { number, scanId, people = 1 } = scan;
    if (scan.decided !== 'admitted' || number === undefined) return;
    const use: OwnUse = { atMs: Date.parse(scan.at), gateId: this.#gateId, people, scanId };
    this.#uses.set(number, [...(this.#uses.get(number) ?? []), use]);
  }

  #forget(scanId: string): void {
    const scan = this.#scans.get(scanId);
    if (scan === undefined) return;
    this.#scans.delete(scanId);
    if (scan.decided === 'refused') this.#refusedKept -= 1;
    if (scan.number === undefined) return;
    const others = (this.#uses.get(scan.number) ?? []).filter((use) => use.scanId !== scanId);
    if (others.length === 0) this.#uses.delete(scan.number);
    else this.#uses.set(scan.number, others);
  }

  async learn(answer: unknown): Promise<ManifestPage> {
    const page = readManifestPage(answer);
    const { listed, finished } = await this.#take(page);
    this.#pageAtMs = this.#deviceNow();
    this.#clockOffsetMs = Date.parse(page.serverTime) - this.#pageAtMs;
    if (finished !== undefined) await this.#store.keepPages(finished, 'anew');
    else if (this.#coming === undefined) await this.#store.keepPages([page], 'further');
    await this.#drop(listed);
    return page;
  }

  /** @returns own uses that the list by which the gate judges has from here on: counting them here as well would be counting them twice */
  async #take(
    page: ManifestPage,
  ): Promise<{ readonly listed: readonly string[]; readonly finished: readonly ManifestPage[] | undefined }> {
    if (page.gateId !== this.#gateId) throw new TypeError('this is the manifest of another gate');
    await this.#keys.learn(page.keys);
    await this.#documents.learn(page.documentKeys ?? {});
    if (page.begins)
      this.#coming = { list: new TicketList(), pages: [], toldBefore: new Set(this.#told()), listed: new Set() };
    const coming = this.#coming;
    const list = coming?.list ?? this.#list;
    const numbers = new Set(list.learn(page));
    // Asked for after the hand-in, a row that counts people counts these too. One that counts nobody was read by a platform that does
    // not take the scan for a use; this gate has let somebody in all the same.
    const counted = this.#told(({ number = '' }) => numbers.has(number) && (list.ticket(number)?.people ?? 0) > 0);
    this.#page = page;
    if (coming === undefined) return { listed: counted, finished: undefined };
    for (const scanId of counted) coming.listed.add(scanId);
    coming.pages.push(page);
    if (page.more) return { listed: [], finished: undefined };
    this.#list = coming.list;
    this.#coming = undefined;
    const over = this.#told(({ scanId, number = '' }) => coming.toldBefore.has(scanId) && !coming.list.knows(number));
    return { listed: [...coming.listed, ...over], finished: coming.pages };
  }

  /** Own uses that the platform has heard of. */
  #told(isMeant: (scan: KeptScan) => boolean = () => true): readonly string[] {
    return [...this.#scans.values()].filter((scan) => scan.told && isMeant(scan)).map(({ scanId }) => scanId);
  }

  async #drop(scanIds: readonly string[]): Promise<void> {
    if (scanIds.length === 0) return;
    await this.#store.forgetScans(scanIds);
    for (const scanId of scanIds) this.#forget(scanId);
  }

  cursor(): string | undefined {
    return this.#page?.cursor;
  }

  pending(max = this.#page?.policy.scansPerUploadMax ?? 0): readonly UploadScan[] {
    const waiting = [...this.#scans.values()].filter(({ told }) => !told).slice(0, max);
    return waiting.map(({ told: _told, number: _number, ...scan }) => scan);
  }

  async told(answers: readonly ScanAnswer[]): Promise<void> {
    const over: string[] = [];
    for (const { scanId, outcome, code } of answers) {
      const scan = this.#scans.get(scanId);
      if (scan === undefined || (outcome === 'rejected' && code === COMES_LATER)) continue;
      if (scan.decided === 'refused') over.push(scanId);
      else {
        // Its use still counts here, until the list has it.
        const known: KeptScan = { ...scan, told: true };
        await this.#store.keepScan(known);
        this.#scans.set(scanId, known);
      }
    }
    await this.#drop(over);
  }

  now(): Date {
    return new Date(this.#deviceNow() + this.#clockOffsetMs);
  }

  status(): GateStatus {
    const page = this.#page;
    const waiting = [...this.#scans.values()].filter(({ told }) => !told);
    const ageMs = page === undefined ? undefined : this.#listAgeMs();
    return {
      tickets: this.#list.size,
      pending: waiting.length,
      listAgeMs: ageMs,
      stale: page === undefined || ageMs === undefined || ageMs > page.policy.listStaleMinutes * MINUTE_MS,
    };
  }
}

/** A number with a good check character, or a code with a good signature. */
type Shown = {
  readonly number: string;
  readonly facts?: TokenFacts;
  /** Tags of the document that was shown with it. */
  readonly document?: readonly DocumentTag[];
};
type Document = { readonly idType: string; readonly idNumber: string };
type ShownDocument = { readonly tags: readonly DocumentTag[] };

/** @returns undefined where there is nothing to hand in */
function toldOf(credential: Credential, documentTag: DocumentTag | undefined): ToldCredential | undefined {
  const document = documentTag === undefined ? {} : { documentTag };
  if ('qr' in credential)
    return credential.qr === '' ? undefined : { qr: credential.qr.trim().slice(0, CREDENTIAL_MAX), ...document };
  if ('ticketNumber' in credential)
    return credential.ticketNumber === ''
      ? undefined
      : { ticketNumber: credential.ticketNumber.slice(0, 40), ...document };
  return undefined;
}
