// What is still noted of a case when its new ticket lives: by which post the paper went (REI-30), and when the last gate that goes by a
// list knew of it (REI-35). Neither changes the outcome.
import { DomainError } from '@tongpiao/kernel';
import type { ApplicationCommand, ApplicationEvent, LiveApplication } from './application.ts';

type Command<Type extends ApplicationCommand['type']> = Extract<ApplicationCommand, { type: Type }>;

/** A mistyped number is put right; more often than this, it is something else. */
const SHIPMENTS_MAX = 3;

export function shipped(state: LiveApplication, { shipment }: Command<'RecordShipment'>): readonly ApplicationEvent[] {
  if (state.status !== 'reissued')
    throw new DomainError('reissue.not-reissued', 'There is no new ticket to be sent.', { status: state.status });
  const last = state.shipments?.at(-1);
  if (last?.carrier === shipment.carrier && last.trackingNumber === shipment.trackingNumber) return [];
  if ((state.shipments?.length ?? 0) >= SHIPMENTS_MAX)
    throw new DomainError('reissue.too-many-shipments', 'The tracking number was changed too often.');
  return [{ type: 'TicketShipped', shipment }];
}

export function gatesConfirmed(state: LiveApplication, command: Command<'ConfirmGates'>): readonly ApplicationEvent[] {
  if (state.status !== 'reissued' || state.gates !== undefined) return [];
  const { count, lastAt } = command;
  const orderedAt =
    state.orderedAt === undefined ? Date.parse(state.reissuedAt) - state.carriedOutMs : Date.parse(state.orderedAt);
  return [{ type: 'GatesKnow', gates: { count, lastAt, knowMs: Math.max(0, Date.parse(lastAt) - orderedAt) } }];
}
