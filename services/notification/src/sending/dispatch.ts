// From a wish ("tell this person that") to a record, and from a record to its lane. New messages are inserted as `sending` where their
// lane has room, so that the insert is the claim and one write does for both; the rest are inserted as `queued` and taken up later.
import { createHash, randomUUID } from 'node:crypto';
import type { Language } from '@tongpiao/contracts';
import { formatId, maskEmail, maskPhone, parseEmail, parsePhone } from '@tongpiao/kernel';
import type { Scope, Vault } from '@tongpiao/persistence';
import { openContent, sealContent, type MessageContent } from '../message/content.ts';
import type { Attempt, Channel, LaneName, MessageFacts } from '../message/message.ts';
import type { MessageStore, NewMessage } from '../message/message.store.ts';
import { assertValues, type MessageValues, type Templates } from '../templates/template.ts';
import type { Job, Lane } from './lane.ts';
import type { ResultWriter } from './result-writer.ts';

type Urgency = 'urgent' | 'normal' | 'bulk';

/** One message that ought to be: to whom, about what, in which words. */
export type Wish = {
  readonly scope: Scope;
  /** Of the message that causes it: the same event, person and channel is the same message (NOT-03). */
  readonly eventId: string;
  readonly channel: Channel;
  /** urgent: codes. bulk: what many are told at once; it yields to everything else (NOT-08). */
  readonly urgency: Urgency;
  /** As it came; spelled in one way here. */
  readonly to: string;
  readonly about: string;
  readonly template: string;
  readonly language: Language;
  readonly signature: string;
  readonly content: MessageValues;
  readonly expiresAt?: string | undefined;
};

export type Dispatch = {
  /** Resolves when every wish is on disk; sending goes on by itself. */
  send(wishes: readonly Wish[]): Promise<void>;
  /** On disk with its reason, never sent. */
  suppress(wish: Wish, reason: string): Promise<void>;
  /** Id of the wish's message and of its receiver. */
  identify(wish: Wish): Promise<{ messageId: string; receiverIndex: string }>;
  /** Takes up what is queued and due, as far as the lane has room. @returns whether all places were filled, so that more may wait */
  resume(lane: LaneName): Promise<boolean>;
};

type Parts = {
  readonly store: MessageStore;
  readonly vault: Vault;
  readonly templates: Templates;
  readonly lanes: Readonly<Record<LaneName, Lane>>;
  readonly results: ResultWriter;
  readonly everyTenant: Scope;
  readonly clock: () => Date;
};

/** At most this many at a time are taken up from disk. */
const RESUME_MAX = 200;

type Receiver = { readonly valid: boolean; readonly to: string; readonly masked: string };

function receiverOf({ channel, to }: Wish): Receiver {
  if (channel === 'email') {
    const parsed = parseEmail(to);
    return parsed.ok
      ? { valid: true, to: parsed.email, masked: maskEmail(parsed.email) }
      : { valid: false, to, masked: maskEmail(to) };
  }
  const parsed = parsePhone(to);
  if (!parsed.ok) return { valid: false, to, masked: maskPhone(to) };
  const international = parsed.region === 'mainland' ? `+86${parsed.phone}` : parsed.phone;
  return { valid: true, to: international, masked: maskPhone(parsed.phone) };
}

function laneOf({ channel, urgency }: Wish): LaneName {
  switch (urgency) {
    case 'urgent':
      return `code-${channel}`;
    case 'normal':
      return channel;
    case 'bulk':
      return `bulk-${channel}`;
  }
}

export function createDispatch(parts: Parts): Dispatch {
  const { store, vault, templates, lanes, results, everyTenant, clock } = parts;

  async function identify(
    wish: Wish,
    receiver: Receiver = receiverOf(wish),
  ): Promise<{ messageId: string; receiverIndex: string }> {
    const { scope, channel, eventId } = wish;
    const receiverIndex = await vault.blindIndex(scope, `receiver-${channel}`, receiver.to);
    // The index is keyed already, so a plain hash gives nothing away.
    const bytes = createHash('sha256').update(`${eventId}|${receiverIndex}|${channel}`).digest();
    return { messageId: formatId('msg', scope.tenantId, bytes), receiverIndex };
  }

  async function prepare(
    wish: Wish,
    at: Date,
    fate: { attempt?: Attempt | undefined; suppressed?: string | undefined },
  ): Promise<{ message: NewMessage; content: MessageContent }> {
    const { scope, channel, language, content: values } = wish;
    const template = templates.newest(wish.template, channel, language);
    assertValues(template, values);
    const receiver = receiverOf(wish);
    const { messageId, receiverIndex } = await identify(wish, receiver);
    const content: MessageContent = {
      to: receiver.to,
      signature: wish.signature,
      values: { ...values.values },
      ...(values.items === undefined ? {} : { items: values.items.map((item) => ({ ...item })) }),
      ...(values.pages === undefined ? {} : { pages: [...values.pages] }),
    };
    const { sealed, contentHash } = sealContent(await vault.newRecordKey(scope), content);
    const facts: MessageFacts = {
      channel,
      lane: laneOf(wish),
      about: wish.about,
      template: template.id,
      templateVersion: template.version,
      language,
      receiver: receiver.masked,
      receiverIndex,
      contentHash,
      createdAt: at.toISOString(),
      ...(wish.expiresAt === undefined ? {} : { expiresAt: wish.expiresAt }),
    };
    const reason =
      fate.suppressed ??
      (receiver.valid ? undefined : 'invalid-receiver') ??
      (wish.expiresAt !== undefined && wish.expiresAt <= facts.createdAt ? 'expired' : undefined);
    const command: NewMessage['command'] =
      reason === undefined
        ? { type: 'QueueMessage', facts, attempt: fate.attempt }
        : { type: 'SuppressMessage', facts, reason };
    return { message: { id: messageId, scope, command, sealed }, content };
  }

  async function send(wishes: readonly Wish[]): Promise<void> {
    if (wishes.length === 0) return;
    const at = clock();
    const attempt: Attempt = { id: randomUUID(), at: at.toISOString() };
    const byLane = Map.groupBy(wishes, laneOf);
    const places = new Map([...byLane].map(([name, list]) => [name, lanes[name].reserve(list.length)] as const));
    const jobs = new Map<LaneName, Job[]>([...places.keys()].map((name) => [name, []]));
    try {
      const left = new Map(places);
      const prepared = await Promise.all(
        wishes.map((wish) => {
          const name = laneOf(wish);
          const free = left.get(name) ?? 0;
          if (free > 0) left.set(name, free - 1);
          return prepare(wish, at, free > 0 ? { attempt } : {});
        }),
      );
      const created = await store.create(
        prepared.map(({ message }) => message),
        at,
      );
      created.forEach((held, index) => {
        const content = prepared[index]?.content;
        if (held?.state.status !== 'sending' || content === undefined) return;
        jobs.get(held.state.lane)?.push({ held, attemptId: attempt.id, content });
      });
    } finally {
      for (const [name, reserved] of places) {
        const mine = jobs.get(name) ?? [];
        // Places that duplicates, refused receivers or a failed write did not use.
        lanes[name].giveBack(reserved - mine.length);
        lanes[name].start(mine);
      }
    }
  }

  async function resume(name: LaneName): Promise<boolean> {
    const lane = lanes[name];
    const places = lane.reserveUpTo(RESUME_MAX);
    if (places === 0) return true;
    const jobs: Job[] = [];
    let filled: boolean;
    try {
      const claim: Attempt = { id: randomUUID(), at: clock().toISOString() };
      const claimed = await store.claimDue(name, claim, places, everyTenant.origin);
      filled = claimed.length === places;
      for (const { held, sealed } of claimed) {
        if (sealed === undefined) {
          results.add(held, { type: 'RefuseMessage', attemptId: claim.id, reason: 'erased', at: claim.at });
          continue;
        }
        const content = openContent(await vault.recordKey(everyTenant, sealed.key), sealed);
        jobs.push({ held, attemptId: claim.id, content });
      }
    } finally {
      lane.giveBack(places - jobs.length);
      lane.start(jobs);
    }
    return filled;
  }

  return {
    send,
    async suppress(wish, reason) {
      const at = clock();
      const { message } = await prepare(wish, at, { suppressed: reason });
      await store.create([message], at);
    },
    identify: (wish) => identify(wish),
    resume,
  };
}
