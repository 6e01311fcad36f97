// A manifest of many tickets, as a gate fetches it: time and bytes, and what it costs the service in memory. One ticket is bought; the
// others are copies of its record with other numbers, put straight into the database, because buying 100,000 takes minutes.
import { randomBytes } from 'node:crypto';
import mongoose from 'mongoose';
import { Agent, request } from 'undici';
import { gunzipSync } from 'node:zlib';
import type { Gate } from '../support/world.ts';
import { spread, type Spread } from './statistics.ts';

const BATCH = 5_000;
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

type Right = { _id: string; state: { number: string } };

/** @param count copies of the right behind this ticket */
export async function copyRights(mongodbUri: string, ticketNumber: string, count: number): Promise<void> {
  const connection = await mongoose.createConnection(mongodbUri, { dbName: 'sales' }).asPromise();
  try {
    const rights = connection.collection<Right>('rights');
    const original = await rights.findOne({ 'state.number': ticketNumber });
    if (original === null) throw new Error(`there is no right behind ${ticketNumber}`);
    const text = (length: number): string =>
      Array.from(randomBytes(length), (byte) => ALPHABET.charAt(byte % 32)).join('');
    for (let made = 0; made < count; made += BATCH) {
      const copies = Array.from({ length: Math.min(BATCH, count - made) }, () => ({
        ...original,
        _id: original._id.slice(0, 6) + text(18).toLowerCase(),
        state: { ...original.state, number: original.state.number.slice(0, 2) + text(13) },
        // As if they had been sold over the last weeks.
        changedAt: new Date(Date.now() - 120_000 - Math.floor(Math.random() * 1_000_000_000)),
      }));
      await rights.insertMany(copies, { ordered: false });
    }
  } finally {
    await connection.close();
  }
}

export type ManifestResult = {
  readonly pages: number;
  readonly tickets: number;
  readonly seconds: number;
  readonly spread: Spread;
  readonly bytes: number;
  readonly packedBytes: number;
  readonly cursor: string;
};

type Page = { readonly tickets: readonly unknown[]; readonly more: boolean; readonly cursor: string };

export async function fetchManifest(
  baseUrl: string,
  { gateId, gateKey }: Gate,
  since?: string,
): Promise<ManifestResult> {
  const agent = new Agent({ connections: 1, keepAliveTimeout: 30_000 });
  const latencies: number[] = [];
  let [pages, tickets, bytes, packedBytes] = [0, 0, 0, 0];
  let cursor = since;
  const begun = performance.now();
  try {
    for (let more = true; more;) {
      const asked = performance.now();
      const query = cursor === undefined ? '' : `?since=${encodeURIComponent(cursor)}`;
      const { statusCode, body } = await request(`${baseUrl}/api/v1/gates/${gateId}/manifest${query}`, {
        dispatcher: agent,
        headers: { 'x-api-key': gateKey, 'accept-encoding': 'gzip' },
      });
      const packed = Buffer.from(await body.arrayBuffer());
      if (statusCode !== 200) throw new Error(`manifest: ${statusCode}`);
      latencies.push(performance.now() - asked);
      const text = gunzipSync(packed);
      const page = JSON.parse(text.toString()) as Page;
      pages += 1;
      tickets += page.tickets.length;
      bytes += text.length;
      packedBytes += packed.length;
      ({ more, cursor } = page);
    }
  } finally {
    await agent.close();
  }
  const seconds = (performance.now() - begun) / 1_000;
  return { pages, tickets, seconds, spread: spread(latencies), bytes, packedBytes, cursor: cursor ?? '' };
}
