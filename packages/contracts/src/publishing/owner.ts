// Whose a message is. Its type says so: an event belongs to who says it, a command to who is asked.
import type { MessageDefinition } from '../define.ts';

export function ownerOf({ type }: Pick<MessageDefinition, 'type'>): string {
  return segmentOf(type, 0);
}

/** The kind of thing that it is about. */
export function entityOf({ type }: Pick<MessageDefinition, 'type'>): string {
  return segmentOf(type, 1);
}

function segmentOf(type: string, index: number): string {
  const segment = type.split('.')[index];
  if (segment === undefined) throw new Error(`message type ${type} does not follow the naming rule`);
  return segment;
}
