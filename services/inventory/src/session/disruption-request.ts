// What every request says that takes places from people who hold tickets: what they are told, and how long they may choose.
import { z } from 'zod';
import { DECIDE_WITHIN_HOURS, DECIDE_WITHIN_HOURS_MAX } from './decide-by.policy.ts';

const HOW_LONG = 'How long holders may choose between their money and another session; never past its start.';

/** @param howLong said of the hours in the API's description */
export function disruptionRequest(howLong = HOW_LONG) {
  return {
    reason: z.string().min(3).max(500),
    decideWithinHours: z.int().min(1).max(DECIDE_WITHIN_HOURS_MAX).default(DECIDE_WITHIN_HOURS).describe(howLong),
  };
}
