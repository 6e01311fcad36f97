// What the slices about orders share: a batch of events becomes wishes, and one insert holds the messages of all of them. An event
// that cannot be opened is parked, its neighbours are not.
import type { Bilingual, DataOf, Envelope, Language, MessageDefinition, orderFulfilled } from '@tongpiao/contracts';
import { ContractBreach, TransientError } from '@tongpiao/kernel';
import { isMessage, type Outcome, type Received } from '@tongpiao/messaging';
import type { BusSeal, Scope } from '@tongpiao/persistence';
import type { Tenant, TenantDirectory } from '@tongpiao/service-shell';
import type { Dispatch, Wish } from '../sending/dispatch.ts';
import type { MessageValues } from '../templates/template.ts';
import { named } from './order-words.ts';
import { transient } from './transient.ts';

export type TellParts = {
  readonly dispatch: Pick<Dispatch, 'send'>;
  readonly bus: BusSeal;
  readonly tenants: Pick<TenantDirectory, 'get'>;
  readonly scopeOf: (envelope: Envelope) => Scope;
};

type HandleBatch = (messages: readonly Received[]) => Promise<readonly Outcome[]>;

/** What is to be said when one kind of event is told. */
export type Teller = { readonly type: string; wishesOf(message: Received): readonly Wish[] };

export function teller<Definition extends MessageDefinition>(
  definition: Definition,
  wishesOf: (envelope: Envelope<DataOf<Definition>>) => readonly Wish[],
): Teller {
  return {
    type: definition.type,
    wishesOf(message) {
      if (!isMessage(message, definition)) throw unexpected(message);
      return wishesOf(message.envelope);
    },
  };
}

export function tellOrders(parts: Pick<TellParts, 'dispatch'>, ...tellers: readonly Teller[]): HandleBatch {
  const byType = new Map(tellers.map((each) => [each.type, each]));
  return async (messages) => {
    const wishes: Wish[] = [];
    const outcomes = messages.map((message): Outcome => {
      try {
        const found = byType.get(message.definition.type);
        if (found === undefined) throw unexpected(message);
        wishes.push(...found.wishesOf(message));
        return 'done';
      } catch (error) {
        return { failed: error };
      }
    });
    try {
      await parts.dispatch.send(wishes);
    } catch (error) {
      throw transient(error);
    }
    return outcomes;
  };
}

function unexpected({ definition: { type } }: Received): ContractBreach {
  return new ContractBreach('notification.unexpected-message', type);
}

type AboutOrder = {
  readonly orderId: string;
  readonly language: Language;
  readonly contact: DataOf<typeof orderFulfilled>['contact'];
  readonly product: Bilingual;
};

/** What is to be said about an order, in which words. */
type Telling = {
  readonly template: string;
  readonly sms: MessageValues;
  /** Default: as the SMS. */
  readonly mail?: MessageValues | undefined;
  /** Default: normal. `bulk` for what many are told at once. */
  readonly urgency?: Wish['urgency'] | undefined;
  /** Not said any more afterwards. */
  readonly expiresAt?: string | undefined;
};

/** An SMS to the buyer, and a mail where there is an address. */
export function wishesTo(parts: TellParts, envelope: Envelope<AboutOrder>, telling: Telling): readonly Wish[] {
  const { orderId, language, contact } = envelope.data;
  const { signature } = tenantOf(parts, envelope).sms;
  const product = named(envelope.data.product, language);
  const open = (sealed: string): string => opened(parts.bus, envelope, sealed);
  const scope = parts.scopeOf(envelope);
  const { template, sms: forSms, mail: forMail = forSms, urgency = 'normal', expiresAt } = telling;
  const wish = (channel: 'sms' | 'email', to: string, { values, ...rest }: MessageValues): Wish => ({
    scope,
    eventId: envelope.id,
    channel,
    urgency,
    to,
    about: orderId,
    template,
    language,
    signature,
    content: { values: { product, ...values }, ...rest },
    ...(expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
  });
  const sms = wish('sms', open(contact.phone), forSms);
  if (contact.email === undefined) return [sms];
  const personal = { name: open(contact.name), order: orderId };
  return [sms, wish('email', open(contact.email), { ...forMail, values: { ...forMail.values, ...personal } })];
}

/** @throws TransientError while identity has not told us of this tenant: the event waits */
export function tenantOf(parts: Pick<TellParts, 'tenants'>, envelope: Envelope): Tenant {
  const tenant = parts.tenants.get(envelope.tenantid);
  if (tenant === undefined)
    throw new TransientError('notification.tenant-unknown', `tenant ${envelope.tenantid} is not known here yet`);
  return tenant;
}

/** @throws ContractBreach for a value that was not sealed for us in this very message: it can never be opened */
export function opened(bus: BusSeal, envelope: Envelope, sealed: string): string {
  try {
    return bus.openAs('notification', envelope.tenantid, envelope.id, sealed);
  } catch (error) {
    throw new ContractBreach('notification.seal-invalid', 'a personal value was not sealed for this message', {
      cause: error,
    });
  }
}
