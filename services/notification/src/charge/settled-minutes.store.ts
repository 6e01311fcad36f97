// Up to which minute everything that SMS cost has been told to finance: one document for all tenants.
import { openRecords, type Database, type Records } from '@tongpiao/persistence';
import { Schema } from 'mongoose';
import { z } from 'zod';

const settledSchema = z.object({ _id: z.string(), tenantId: z.string(), minute: z.number() });
export type SettledMinute = z.infer<typeof settledSchema>;

export function openSettledMinutes(database: Database): Promise<Records<SettledMinute>> {
  const schema = new Schema({ _id: String, tenantId: String, minute: Number }, { versionKey: false });
  return openRecords(database.connection, 'settled_minutes', schema, (document) => settledSchema.parse(document));
}
