// REI-03 on real servers: files that come and go with their case, what is refused before it is read, what a crash leaves behind.
import { request } from 'node:http';
import mongoose from 'mongoose';
import { openDatabase, Scope, Vault } from '@tongpiao/persistence';
import { forget, testServers } from '@tongpiao/testing';
import { freshKey } from '@tongpiao/service-shell/trial';
import { expect } from 'chai';
import { pino } from 'pino';
import { z } from 'zod';
import { sweepOnce } from '../features/sweep-attachments.ts';
import {
  codeOf,
  credentialsOf,
  openReissueHouse,
  seenOf,
  TENANT,
  ZHANG,
  type ReissueHouse,
  type Seen,
} from '../reissue-house.fixture.ts';
import { openAttachmentBytes } from './attachment-bytes.store.ts';
import { changed, pdfOf, photo, pngOf, SAMPLES } from './sample-files.fixture.ts';

const MEGABYTE = 1_048_576;
const document = { idType: ZHANG.idType, idNumber: ZHANG.idNumber };
const shape = z.object({ id: z.string(), about: z.string(), type: z.string(), bytes: z.number(), sha256: z.string() });
type Answer = { readonly status: number; readonly body: unknown; readonly bytes: Buffer; readonly headers: Headers };
type Credentials = { readonly token?: string; readonly apiKey?: string };

describe('attachments', function () {
  this.timeout(120_000);
  let house: ReissueHouse;
  let seen: Seen;
  before(async () => {
    house = await openReissueHouse();
    seen = await newCase();
  });
  after(() => house.stop());

  async function newCase(json: Readonly<Record<string, unknown>> = {}): Promise<Seen> {
    const { number } = await house.sold(ZHANG);
    const reply = await house.apply({ ticket: { number }, ...json });
    return { ...seenOf(reply) };
  }
  const pathOf = (id: string, more = ''): string => `/api/v1/reissue-applications/${id}/attachments${more}`;
  const headersOf = ({ token, apiKey }: Credentials): Record<string, string> => ({
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(apiKey === undefined ? {} : credentialsOf(apiKey)),
  });
  async function ask(where: string, credentials: Credentials, file?: Buffer, key = freshKey()): Promise<Answer> {
    const answer = await fetch(house.url(where), {
      ...(file === undefined ? {} : { method: 'POST', body: Uint8Array.from(file) }),
      headers: {
        ...headersOf(credentials),
        ...(file === undefined ? {} : { 'idempotency-key': key, 'content-type': 'image/jpeg' }),
      },
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const isJson = answer.headers.get('content-type')?.includes('json') === true;
    const body: unknown = isJson ? JSON.parse(bytes.toString()) : undefined;
    return { status: answer.status, body, bytes, headers: answer.headers };
  }
  const upload = (to: Seen, file: Buffer, key?: string): Promise<Answer> =>
    ask(pathOf(to.id), { token: to.accessToken }, file, key);
  const refusal = ({ status, body }: Answer): unknown[] => [status, codeOf({ status, body, text: '', etag: '' })];
  async function piecesOf(filter: Readonly<Record<string, unknown>>): Promise<readonly mongoose.mongo.Document[]> {
    const { uri, name } = house.database;
    const connection = await mongoose.createConnection(uri, { dbName: name }).asPromise();
    try {
      return await connection.collection('attachment_pieces').find(filter).toArray();
    } finally {
      await connection.close();
    }
  }

  for (const [type, file] of Object.entries(SAMPLES)) {
    it(`a ${type} is stored, listed and given back as it was`, async () => {
      const mine = await newCase();
      const added = await ask(pathOf(mine.id, '?about=ticket'), { token: mine.accessToken }, file);
      expect(added.status).to.equal(201);
      const attachment = shape.parse(added.body);
      expect(attachment).to.include({ type, about: 'ticket', bytes: file.length });
      const listed = await ask(pathOf(mine.id), { token: mine.accessToken });
      expect(z.object({ items: z.array(shape) }).parse(listed.body).items).to.deep.equal([attachment]);
      const given = await ask(pathOf(mine.id, `/${attachment.id}`), { token: mine.accessToken });
      expect(given.bytes.equals(file)).to.equal(true);
      expect(given.headers.get('content-type')).to.equal(type);
      expect(given.headers.get('content-disposition')).to.match(/^attachment; filename="att_\w+\.\w+"$/);
      expect(given.headers.get('x-content-type-options')).to.equal('nosniff');
      expect(given.headers.get('cache-control')).to.equal('private, no-store');
    });
  }

  it('staff who may see the case may see its files; nobody else can tell that there are any', async () => {
    const { id } = shape.parse((await upload(seen, photo('for staff'))).body);
    const where = pathOf(seen.id, `/${id}`);
    expect((await ask(where, { apiKey: house.keys.reviewer })).status).to.equal(200);
    const other = await newCase();
    for (const credentials of [{ token: other.accessToken }, { apiKey: house.keys.clerk }]) {
      expect((await ask(where, credentials)).status).to.equal(404);
      expect((await ask(pathOf(seen.id), credentials)).status).to.equal(404);
      expect((await ask(pathOf(seen.id), credentials, photo('smuggled'))).status).to.equal(404);
    }
    expect((await ask(where, {})).status).to.equal(401);
    // Not through one's own case either.
    expect((await ask(pathOf(other.id, `/${id}`), { token: other.accessToken })).status).to.equal(404);
    expect(await piecesOf({ applicationId: other.id })).to.deep.equal([]);
  });

  it('PLA-32 the same key and the same file are the same attachment, also at the same moment', async () => {
    const mine = await newCase();
    const key = freshKey();
    const answers = await Promise.all([
      upload(mine, photo('one'), key),
      upload(mine, photo('one'), key),
      upload(mine, photo('one')),
    ]);
    const later = await upload(mine, photo('one'));
    const ids = [...answers, later].map(({ body }) => shape.parse(body).id);
    expect(new Set(ids).size).to.equal(1);
    expect(refusal(await upload(mine, photo('another'), key))).to.deep.equal([422, 'platform.idempotency-key-reused']);
    expect(await piecesOf({ applicationId: mine.id })).to.have.length(1);
    expect(await piecesOf({ applicationId: mine.id, openSince: { $exists: true } })).to.deep.equal([]);
  });

  it('PLA-10 what is stored is neither readable nor movable', async () => {
    const mine = await newCase();
    const file = Buffer.concat([SAMPLES['image/jpeg'], Buffer.alloc(600_000, '身份证')]);
    const { id } = shape.parse((await upload(mine, file)).body);
    const pieces = await piecesOf({ applicationId: mine.id });
    expect(pieces.map(({ piece, of }) => `${String(piece)}/${String(of)}`).sort()).to.deep.equal(['0/3', '1/3', '2/3']);
    for (const { sealed } of pieces) {
      const bytes = (sealed as mongoose.mongo.Binary).buffer;
      expect(Buffer.from(bytes).includes('身份证')).to.equal(false);
    }
    expect((await ask(pathOf(mine.id, `/${id}`), { token: mine.accessToken })).bytes.equals(file)).to.equal(true);
    const { uri, name } = house.database;
    const connection = await mongoose.createConnection(uri, { dbName: name }).asPromise();
    const stored = connection.collection('attachment_pieces');
    await stored.updateOne(
      { applicationId: mine.id, piece: 1 },
      { $set: { sealed: pieces.find(({ piece }) => piece === 0)?.['sealed'] } },
    );
    await connection.close();
    expect((await ask(pathOf(mine.id, `/${id}`), { token: mine.accessToken })).status).to.equal(500);
  });

  it('what is no photo or PDF, damaged or too large is refused with its reason, and leaves nothing', async () => {
    const mine = await newCase();
    const refusals: readonly (readonly [Buffer, number, string])[] = [
      [Buffer.from('#!/bin/sh\nrm -rf /\n'), 415, 'reissue.attachment-type'],
      [SAMPLES['image/jpeg'].subarray(0, 300), 422, 'reissue.attachment-truncated'],
      [changed(SAMPLES['image/png'], 45), 422, 'reissue.attachment-damaged'],
      [pngOf(60_000, 60_000), 422, 'reissue.attachment-pixels'],
      [Buffer.alloc(0), 422, 'reissue.attachment-empty'],
      [photo(' '.repeat(9 * MEGABYTE)), 413, 'platform.body-too-large'],
    ];
    for (const [file, status, code] of refusals)
      expect(refusal(await upload(mine, file))).to.deep.equal([status, code]);
    expect(await piecesOf({ applicationId: mine.id })).to.deep.equal([]);
    const listed = await ask(pathOf(mine.id), { token: mine.accessToken });
    expect(listed.body).to.deep.equal({ items: [] });
  });

  it('of a 50 MB image that does not say how large it is, no more is read than a file may have', async () => {
    const mine = await newCase();
    let sent = 0;
    const status = await new Promise<number>((resolve) => {
      const outgoing = request(house.url(pathOf(mine.id)), {
        method: 'POST',
        headers: { ...headersOf({ token: mine.accessToken }), 'idempotency-key': freshKey() },
      });
      outgoing.once('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      // The server closes the connection on what is left.
      outgoing.on('error', () => undefined);
      const part = Buffer.alloc(65_536);
      outgoing.write(SAMPLES['image/jpeg']);
      const more = (): void => {
        if (sent >= 50 * MEGABYTE || outgoing.destroyed) return;
        sent += part.length;
        if (outgoing.write(part)) setImmediate(more);
        else outgoing.once('drain', more);
      };
      more();
    });
    expect(status).to.equal(413);
    expect(sent).to.be.lessThan(20 * MEGABYTE);
  });

  it('REI-21 material names the photos that show it; a case that is over takes none', async () => {
    const mine = await newCase({ proof: { document } });
    await house.becomes(mine, 'deciding');
    await house.review(mine.id, house.keys.operator, { action: 'ask-material', what: '票面照片' });
    const { id } = shape.parse((await upload(mine, pdfOf('receipt'))).body);
    const foreign = await house.step(mine, 'material', { words: '见附件', attachments: ['att_of_somebody'] });
    expect([foreign.status, codeOf(foreign)]).to.deep.equal([422, 'reissue.attachment-unknown']);
    expect((await house.step(mine, 'material', { words: '见附件', attachments: [id] })).status).to.equal(200);
    expect((await house.step(mine, 'withdrawal')).status).to.equal(200);
    expect(refusal(await upload(mine, photo('too late')))).to.deep.equal([409, 'reissue.case-ended']);
    expect(shape.parse((await upload(mine, pdfOf('receipt'))).body).id).to.equal(id);
  });

  it('an application has at most ten files', async () => {
    const mine = await newCase();
    for (let count = 0; count < 10; count += 1)
      expect((await upload(mine, photo(`number ${count}`))).status).to.equal(201);
    expect(refusal(await upload(mine, photo('one more')))).to.deep.equal([409, 'reissue.too-many-attachments']);
    expect(await piecesOf({ applicationId: mine.id })).to.have.length(10);
  });
});

describe('bytes of attachments', function () {
  this.timeout(60_000);
  const servers = testServers();
  const logger = pino({ level: 'silent' });
  const origin = { by: 'service:reissue', channel: 'timer', cause: 'spec', correlationId: 'spec' };
  const scope = Scope.ofTenant(TENANT, origin);
  after(() => forget(servers, { databases: ['bytes'] }));

  it('PLA-41 a crash between storing the bytes and telling the case leaves bytes that a sweep removes; what a case has stays', async () => {
    const database = await openDatabase({ uri: servers.mongodbUri, name: servers.database('bytes'), logger });
    try {
      const vault = await Vault.open(database.connection, servers.key());
      const bytes = await openAttachmentBytes(database);
      const key = await vault.newRecordKey(scope);
      const now = new Date('2026-12-01T02:00:00Z');
      const soon = new Date(now.getTime() + 1);
      const file = Buffer.alloc(600_000, 7);
      const [orphan, told] = [
        await bytes.keep(scope, 'rei_1', key, file, now),
        await bytes.keep(scope, 'rei_1', key, file, now),
      ];
      const attachments = [{ blob: told }];
      const applications = { load: () => Promise.resolve({ state: { status: 'submitted', attachments } }) };
      const parts = { applications: applications as never, bytes };
      const looking = Scope.acrossTenants('spec', origin, logger);
      expect(await sweepOnce(parts, looking, now)).to.deep.equal({ settled: 0, removed: 0 });
      expect(await sweepOnce(parts, looking, soon)).to.deep.equal({ settled: 1, removed: 1 });
      expect(await sweepOnce(parts, looking, soon)).to.deep.equal({ settled: 0, removed: 0 });
      expect((await bytes.read(scope, told, key)).equals(file)).to.equal(true);
      const gone = await bytes.read(scope, orphan, key).catch((error: unknown) => error);
      expect(gone).to.be.instanceOf(Error);
      expect(await database.connection.collection('attachment_pieces').countDocuments({ blob: orphan })).to.equal(0);
    } finally {
      await database.close();
    }
  });
});
