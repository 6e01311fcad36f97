// Walks every collection of a service's database for what leads to a person, whatever the collection is for: sealed values, what is shown of
// them, blind indexes, addresses, ids of accounts, data keys. For specs of erasure, which must not have to know where such things lie.
import mongoose from 'mongoose';

/** What was found, and where: `applications.0.state.contact.phone.index`. */
export type Leads = ReadonlyMap<string, string>;

const LEADS = /^(sealed|index|wrapped|salt|userId|accessHash|sha256|trackingNumber|receiver|address|content)$|Index$/;
/** Keys of the vault open nothing by themselves; the trail and rotations name staff. */
const APART = ['vault_keys', 'audit_trail', 'key_rotations'];

type Collections = ReadonlyMap<string, readonly unknown[]>;

async function everything({ uri, name }: { uri: string; name: string }): Promise<Collections> {
  const connection = await mongoose.createConnection(uri, { dbName: name }).asPromise();
  try {
    const { db } = connection;
    if (db === undefined) throw new Error('the database is not connected');
    const found = new Map<string, readonly unknown[]>();
    for (const { name: collection } of await db.listCollections({}, { nameOnly: true }).toArray())
      if (!APART.includes(collection)) found.set(collection, await db.collection(collection).find({}).toArray());
    return found;
  } finally {
    await connection.close();
  }
}

function collect(value: unknown, where: string, found: Map<string, string>): void {
  if (typeof value !== 'object' || value === null || value instanceof Date) return;
  for (const [field, item] of Object.entries(value)) {
    const leads = LEADS.test(field) || (field === 'masked' && !/^\**$/.test(String(item)));
    // An erased address is a salted hash.
    if (typeof item === 'string' && leads && item !== '' && !item.startsWith('~'))
      found.set(item, [found.get(item) ?? '', `${where}.${field}`].join(' ').trim());
    else collect(item, `${where}.${field}`, found);
  }
}

export async function whatLeadsToSomebody(database: { uri: string; name: string }): Promise<Leads> {
  const found = new Map<string, string>();
  for (const [collection, documents] of await everything(database)) collect(documents, collection, found);
  return found;
}

/** Which of these are still written somewhere, in an id too. */
export async function stillWritten(database: { uri: string; name: string }, leads: Leads): Promise<readonly string[]> {
  const left: string[] = [];
  for (const [collection, documents] of await everything(database)) {
    const text = JSON.stringify(documents);
    for (const [lead, where] of leads) {
      // Blind indexes stand inside ids; what is shown of a name is too short to be looked for but whole.
      const sought = lead.length < 16 ? JSON.stringify(lead) : lead;
      if (text.includes(sought)) left.push(`${where} in ${collection}`);
    }
  }
  return left;
}
