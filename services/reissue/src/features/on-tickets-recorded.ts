// sales.order.tickets-recorded: who bought what, kept under this service's own keys (PLA-10, REI-10). In batches, because each order of
// the platform comes by here and hardly any is ever applied for.
// duplicate: the first copy stays · late and early: what happened to a ticket is kept apart · crash before the write: it comes again.
import { ticketsRecorded, type DataOf, type Envelope } from '@tongpiao/contracts';
import { ContractBreach, fen, maskEmail, maskIdNumber, maskName, maskPhone } from '@tongpiao/kernel';
import { isMessage, type Outcome, type Received } from '@tongpiao/messaging';
import type { PersonalValue, Scope } from '@tongpiao/persistence';
import type { Foundation } from '@tongpiao/service-shell';
import type { Recorded, SoldTicket, Tickets } from '../views/tickets.store.ts';

type Told = Envelope<DataOf<typeof ticketsRecorded>>;
type Traveller = NonNullable<Told['data']['tickets'][number]['traveller']>;

export function onTicketsRecorded(
  foundation: Foundation,
  tickets: Tickets,
): (messages: readonly Received[]) => Promise<readonly Outcome[]> {
  const { vault } = foundation;

  async function keep(message: Received): Promise<Outcome> {
    if (!isMessage(message, ticketsRecorded))
      return { failed: new ContractBreach('reissue.unexpected-message', message.definition.type) };
    const scope = foundation.scopeOf(message.envelope);
    try {
      await tickets.record(scope, await recorded(scope, message.envelope));
      return 'done';
    } catch (error) {
      return { failed: error };
    }
  }

  async function recorded(scope: Scope, envelope: Told): Promise<readonly Recorded[]> {
    const { contact, tickets: told, orderId, channel, language, placedAt, userId, accessHash } = envelope.data;
    const buyer = {
      ...(userId === undefined ? {} : { userId }),
      ...(accessHash === undefined ? {} : { accessHash }),
    };
    const key = await vault.newRecordKey(scope);
    const open = (sealed: string): string => opened(foundation, envelope, sealed);
    const seal = async (
      plain: string,
      mask: (plain: string) => string,
      purpose?: string,
      indexed = plain,
    ): Promise<PersonalValue> => ({
      sealed: key.seal(plain),
      masked: mask(plain),
      ...(purpose === undefined ? {} : { index: await vault.blindIndex(scope, purpose, indexed) }),
    });
    const keptContact: SoldTicket['contact'] = {
      name: await seal(open(contact.name), maskName, 'name'),
      phone: await seal(open(contact.phone), maskPhone, 'phone'),
      ...(contact.email === undefined ? {} : { email: await seal(open(contact.email), maskEmail) }),
    };
    const person = async ({ name, idType, idNumber }: Traveller): Promise<NonNullable<SoldTicket['traveller']>> => {
      const number = open(idNumber);
      return {
        name: await seal(open(name), maskName, 'name'),
        idType,
        idNumber: await seal(number, maskIdNumber, 'document', `${idType}:${number}`),
      };
    };
    return Promise.all(
      told.map(
        async ({ rightId, traveller, amount, sessionId: _session, endsAt: _end, ...facts }): Promise<Recorded> => ({
          rightId,
          key: key.wrapped,
          sold: {
            ...facts,
            amount: fen(amount),
            orderId,
            channel,
            language,
            // In UTC, whatever it came in: a day's purchases are looked for by it.
            placedAt: new Date(placedAt).toISOString(),
            contact: keptContact,
            ...buyer,
            ...(traveller === undefined ? {} : { traveller: await person(traveller) }),
          },
        }),
      ),
    );
  }

  return (messages) => Promise.all(messages.map(keep));
}

/** @throws ContractBreach for a value that was not sealed for us in this very message: it can never be opened */
function opened({ bus }: Foundation, envelope: Told, sealed: string): string {
  try {
    return bus.openAs('reissue', envelope.tenantid, envelope.id, sealed);
  } catch (error) {
    throw new ContractBreach('reissue.seal-invalid', 'a personal value was not sealed for this message', {
      cause: error,
    });
  }
}
