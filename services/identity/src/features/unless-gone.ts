// Answers to a queue that is gone by now are nobody's loss: its owner has stopped, and asks again when it is back.
import { TransientError } from '@tongpiao/kernel';

export async function unlessGone(answer: () => Promise<void>): Promise<void> {
  try {
    await answer();
  } catch (error) {
    if (error instanceof TransientError && error.code === 'messaging.unroutable') return;
    throw error;
  }
}
