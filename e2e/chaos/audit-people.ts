// What must be true of the people at a site: the counters of a day say what uses, hand-ins on bad tickets and exits say. A death leaves them
// wrong until the sweep has mended them, a minute after everybody has come to rest; until then the platform has not settled.
import type { Connection } from 'mongoose';
import { list, number, text, type Document } from './documents.ts';

type Sums = Map<string, number>;

/** @returns what is counted wrong, in words */
export async function peopleAgainstRecords(connection: Connection): Promise<readonly string[]> {
  const sales = connection.getClient().db('sales');
  const all = (name: string): Promise<Document[]> => sales.collection<Document>(name).find({}).toArray();
  const days = await all('site_counters');
  const came = cameIn(await all('rights'), await all('gate_incidents'));
  const exits = await all('site_exits');
  const corrections = new Map((await all('occupancies')).map((one) => [one._id, number(one, 'state.corrected')]));
  return days.flatMap((day) => {
    const own = exits.filter((exit) => keyOf(text(exit, 'siteId'), text(exit, 'date')) === day._id);
    const wanted = {
      entered: came.get(day._id) ?? 0,
      exited: own.reduce((sum, exit) => sum + number(exit, 'people'), 0),
      corrected: corrections.get(day._id) ?? 0,
    };
    const [entered, exited, corrected] = [number(day, 'entered'), number(day, 'exited'), number(day, 'corrected')];
    const inside = wanted.entered - wanted.exited + number(day, 'uncounted') + wanted.corrected;
    const isRight =
      number(day, 'inside') === inside &&
      (['entered', 'exited', 'corrected'] as const).every((what) => number(day, what) === wanted[what]);
    if (isRight) return [];
    return [
      `site-day ${day._id}: ${number(day, 'inside')} people inside (${entered} in, ${exited} out, ${corrected} corrected), ${inside} by the records (${wanted.entered} in, ${wanted.exited} out, ${wanted.corrected})`,
    ];
  });
}

function cameIn(rights: readonly Document[], incidents: readonly Document[]): Sums {
  const sums: Sums = new Map();
  const add = (siteId: string, at: string, people: number): void => {
    const key = keyOf(siteId, dayOf(at));
    sums.set(key, (sums.get(key) ?? 0) + people);
  };
  for (const right of rights)
    for (const use of list(right, 'state.uses'))
      add(text(right, 'state.siteId'), text(use, 'at'), number(use, 'people'));
  for (const incident of incidents)
    if (text(incident, 'state.scan.decided') === 'admitted' && text(incident, 'state.scan.truth') !== 'admissible')
      add(text(incident, 'state.siteId'), text(incident, 'state.scan.at'), number(incident, 'state.scan.people'));
  return sums;
}

const keyOf = (siteId: string, date: string): string => `${siteId}:${date}`;
const dates = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai' });
const dayOf = (at: string): string => dates.format(new Date(at));
