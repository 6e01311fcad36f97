// REI-53 on real servers: the life of a list of tickets that are reissued together, and what may come between.
import { reissueTicket, ticketExchanged, ticketRefunded, ticketUsed } from '@tongpiao/contracts';
import { ticketNumberOf, type TenantId } from '@tongpiao/kernel';
import { eventually } from '@tongpiao/testing';
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import {
  codeOf,
  credentialsOf,
  openReissueHouse,
  seenOf,
  TENANT,
  ZHANG,
  type ReissueHouse,
} from '../reissue-house.fixture.ts';
import { batchOf, listsIn, numbersOf, PATH, PATIENT, why } from './lists.fixture.ts';

describe('REI-53 reissue: lists', function () {
  this.timeout(240_000);
  let house: ReissueHouse;
  const { enter, step, approve, look, becomes, linesOf, tickets, codesOf } = listsIn(() => house);
  before(async () => {
    house = await openReissueHouse();
  });
  after(() => house.stop());

  it('entered, checked, approved by somebody else, carried out: each line is a case with one new ticket and one notice in bulk', async () => {
    const sold = await tickets(40);
    const entered = await enter(numbersOf(sold));
    expect(entered.status, entered.text).to.equal(201);
    const { id, status, counts: before, approver } = batchOf(entered);
    expect({ status, approver, lines: before['lines'], ready: before['ready'] }).to.deep.equal({
      ...{ status: 'waiting', approver: 'reviewer', lines: 40, ready: 40 },
    });
    expect(codesOf(sold), 'nothing has happened yet').to.deep.equal(sold.map(() => 0));
    const approved = await approve(id);
    expect(approved.status, approved.text).to.equal(200);
    const done = await becomes(id, 'done');
    expect(done.counts).to.deep.equal({
      ...{ lines: 40, unchecked: 0, ready: 0, refused: 0, executing: 0, reissued: 40, failed: 0 },
    });
    expect(codesOf(sold)).to.deep.equal(sold.map(() => 1));
    const lines = await linesOf(id);
    expect(lines.map(({ newNumber }) => newNumber)).to.deep.equal(
      sold.map(({ rightId }) => house.rights.get(rightId)?.number),
    );
    expect(new Set(lines.map(({ applicationId }) => applicationId)).size).to.equal(40);
    const one = await house.call(`/api/v1/reissue-applications/${lines[0]?.applicationId ?? ''}`, {
      apiKey: house.keys.reviewer,
    });
    expect(one.body).to.deep.include({ status: 'reissued', proven: false, frozen: false, reason: 'system-fault' });
    expect(one.body).to.have.nested.property('staff.channel', 'batch');
    expect(one.body).to.deep.nested.include({
      'staff.batch': { id, line: 1 },
      'staff.assessment.waivedFor': 'our-fault',
    });
    const told = await eventually(
      'all are told',
      () => {
        const of = house.said.filter(({ data }) => JSON.stringify(data).includes(id));
        return of.length >= 40 ? of : undefined;
      },
      PATIENT,
    );
    expect(new Set(told.map(({ type }) => type))).to.deep.equal(new Set(['reissue.application.reissued.v1']));
  });

  it('each line that cannot be reissued says why, in both languages, and the rest is carried out', async () => {
    const [good, used, refunded, exchanged, open, before] = await tickets(6);
    if (!good || !used || !refunded || !exchanged || !open || !before) throw new Error('six were sold');
    const example = { used: ticketUsed.example, refunded: ticketRefunded.example, exchanged: ticketExchanged.example };
    await house.tellSales(ticketUsed, { ...example.used, rightId: used.rightId, ticketNumber: used.number });
    await house.tellSales(ticketRefunded, {
      ...example.refunded,
      ...{ rightId: refunded.rightId, ticketNumber: refunded.number },
    });
    await house.tellSales(ticketExchanged, {
      ...example.exchanged,
      ...{ rightId: exchanged.rightId, previousNumber: exchanged.number },
      ticketNumber: ticketNumberOf(TENANT, randomBytes(12)),
    });
    const first = batchOf(await enter([before.number]));
    await approve(first.id);
    await becomes(first.id, 'done');
    const applied = seenOf(
      await house.apply({ ticket: { number: open.number }, reason: 'damaged' }, { apiKey: house.keys.operator }),
    );
    await house.step(applied, 'verification', { send: 'code' });
    const { code } = await eventually('the code', () => house.codes.findLast(({ to }) => to === open.phone), PATIENT);
    await house.step(applied, 'verification', { code });
    const foreign = ticketNumberOf('ten_8g4m1r3n6y9d5w7c2p0b' as TenantId, randomBytes(12));
    const list = [good, used, refunded, exchanged, before, open].map(({ number }) => number);
    const typed = [...list, good.number.toLowerCase(), foreign, 'no number', ''];
    const wanted = [
      ...[undefined, 'reissue.ticket-used', 'reissue.ticket-refunded', 'reissue.ticket-exchanged'],
      ...['reissue.ticket-superseded', 'reissue.already-open', 'reissue.batch-duplicate'],
      ...['reissue.ticket-not-found', 'reissue.ticket-not-found', 'reissue.ticket-not-found'],
    ];
    const lines = await eventually(
      'the news has come',
      async () => {
        const seen = batchOf(await enter(typed));
        const found = await linesOf(seen.id);
        if (found.filter(({ outcome }) => outcome === 'refused').length < 9) {
          await step(seen.id, 'cancellation');
          throw new Error(JSON.stringify(found.map(({ reason }) => reason)));
        }
        return { id: seen.id, found };
      },
      PATIENT,
    );
    expect(lines.found.map(({ reason }) => reason)).to.deep.equal(wanted);
    for (const { reason, reasonText } of lines.found)
      if (reason !== undefined) expect(reasonText).to.have.all.keys('zh', 'en');
    expect((await look(lines.id)).refusals).to.include({ 'reissue.ticket-not-found': 3, 'reissue.ticket-used': 1 });
    expect((await linesOf(lines.id, '&outcome=refused')).length).to.equal(9);
    await approve(lines.id);
    expect((await becomes(lines.id, 'done')).counts).to.include({ reissued: 1, refused: 9 });
  });

  it('REI-31 corrected data of a line are in its new ticket, sealed on the way; a line without a traveller says so', async () => {
    const [named] = await tickets(1, { ...ZHANG, name: '张叁' });
    const [plain] = await tickets(1);
    const reply = await enter([], {
      json: {
        ...why,
        lines: [
          { number: named?.number, correction: { name: '张三' } },
          { number: plain?.number, correction: { name: '张三' } },
        ],
      },
    });
    const { id } = batchOf(reply);
    expect(reply.text).not.to.include('张三');
    expect((await linesOf(id)).map(({ reason }) => reason)).to.deep.equal([undefined, 'reissue.no-traveller']);
    await approve(id);
    await becomes(id, 'done');
    const [line] = await linesOf(id);
    const command = house.asked.find(({ data }) => JSON.stringify(data).includes(line?.applicationId ?? '-'));
    expect(command?.type).to.equal(reissueTicket.type);
    expect(command?.data).to.include({ kind: 'correction' });
    expect(JSON.stringify(command?.data)).not.to.include('张三');
  });

  it('PLA-04 nobody decides on a list that they entered; its size says who may; once decided it stays so', async () => {
    const sold = await tickets(3);
    const own = batchOf(await enter(numbersOf(sold), { apiKey: house.keys.reviewer }));
    expect(codeOf(await approve(own.id))).to.equal('reissue.own-batch');
    expect((await approve(own.id, house.keys.operator)).status).to.equal(403);
    const rejected = await step(own.id, 'decision', { approve: false, reason: '清单有误' }, house.keys.secondReviewer);
    expect(batchOf(rejected).status).to.equal('rejected');
    expect(codeOf(await approve(own.id, house.keys.manager))).to.equal('reissue.batch-decided');
    expect(codeOf(await step(own.id, 'pause'))).to.equal('reissue.batch-over');

    const { body, etag } = await house.call('/api/v1/reissue-policy', { apiKey: house.keys.manager });
    const { version: _version, ...rules } = body as Record<string, unknown>;
    const change = (batches: Record<string, number>, ifMatch: string) =>
      house.call('/api/v1/reissue-policy', {
        ...{ method: 'PUT', ifMatch, apiKey: house.keys.manager },
        json: { rules: { ...rules, batches }, reason: '试验' },
      });
    const changed = await change({ linesMax: 4, managerFromLines: 3 }, etag);
    expect(changed.status, changed.text).to.equal(200);
    try {
      const large = batchOf(await enter(numbersOf(sold)));
      expect(large.approver).to.equal('manager');
      expect(codeOf(await approve(large.id))).to.equal('reissue.batch-not-your-desk');
      expect((await approve(large.id, house.keys.manager)).status).to.equal(200);
      await becomes(large.id, 'done');
      expect(codeOf(await enter(['a', 'b', 'c', 'd', 'e']))).to.equal('reissue.batch-too-large');
    } finally {
      await change({ linesMax: 50_000, managerFromLines: 500 }, changed.etag);
    }
    const nothing = batchOf(await enter(['nothing']));
    expect(codeOf(await approve(nothing.id))).to.equal('reissue.batch-nothing-to-reissue');
  });

  it('paused, gone on with, and cancelled: what has not begun stays as it is, what has begun is finished', async () => {
    const sold = await tickets(400);
    const { id } = batchOf(await enter(numbersOf(sold)));
    expect(codeOf(await step(id, 'pause'))).to.equal('reissue.batch-not-running');
    const letGo = house.holdSales();
    try {
      await approve(id);
      // As many as may be are at sales, which says nothing.
      await eventually('the first are begun', async () => ((await look(id)).counts['executing'] ?? 0) >= 276, PATIENT);
      expect(batchOf(await step(id, 'pause', { reason: '等待核实' }, house.keys.operator)).status).to.equal('paused');
      expect((await step(id, 'pause')).status, 'again').to.equal(200);
    } finally {
      letGo();
    }
    const rested = await eventually(
      'what has begun is finished',
      async () => {
        const seen = await look(id);
        return seen.counts['executing'] === 0 ? seen : Promise.reject(new Error(JSON.stringify(seen)));
      },
      PATIENT,
    );
    expect(rested.status).to.equal('paused');
    const begun = rested.counts['reissued'] ?? 0;
    expect(begun).to.be.within(276, 399);
    expect(rested.counts['ready']).to.equal(400 - begun);
    const again = house.holdSales();
    try {
      expect(batchOf(await step(id, 'continuation')).status).to.equal('running');
      await eventually('more', async () => ((await look(id)).counts['executing'] ?? 0) > 0, PATIENT);
      await step(id, 'cancellation', { reason: '不再需要' });
    } finally {
      again();
    }
    const over = await eventually(
      'what has begun is finished',
      async () => {
        const seen = await look(id);
        return seen.counts['executing'] === 0 ? seen : Promise.reject(new Error(JSON.stringify(seen)));
      },
      PATIENT,
    );
    expect(over.status).to.equal('cancelled');
    expect(codesOf(sold).filter((codes) => codes === 1).length).to.equal(over.counts['reissued']);
    expect(Math.max(...codesOf(sold))).to.equal(1);
    expect(codeOf(await step(id, 'continuation'))).to.equal('reissue.batch-over');
  });

  it('REI-05 an open application is respected, and a line that is being carried out is one', async () => {
    const [early, late] = await tickets(2);
    if (!early || !late) throw new Error('two were sold');
    const { id } = batchOf(await enter([early.number, late.number]));
    // Between the check and the approval somebody applies for the first.
    const seen = seenOf(await house.apply({ ticket: { number: early.number } }));
    await house.step(seen, 'verification', { send: 'code' });
    const { code } = await eventually('the code', () => house.codes.findLast(({ to }) => to === early.phone), PATIENT);
    await house.step(seen, 'verification', { code });
    const letGo = house.holdSales();
    try {
      await approve(id);
      await eventually('one is at sales', async () => ((await look(id)).counts['executing'] ?? 0) === 1, PATIENT);
      const outside = await house.apply({ ticket: { number: late.number } });
      expect([outside.status, codeOf(outside)]).to.deep.equal([409, 'reissue.already-open']);
    } finally {
      letGo();
    }
    expect((await becomes(id, 'done')).counts).to.include({ reissued: 1, refused: 1 });
    expect((await linesOf(id))[0]?.reason).to.equal('reissue.already-open');
  });

  it('REI-32 used at a gate or given back while the list runs: the line is refused with that, the others go on', async () => {
    const sold = await tickets(4);
    const [told, untold] = sold;
    if (!told || !untold) throw new Error('four were sold');
    const { id } = batchOf(await enter(numbersOf(sold)));
    await house.tellSales(ticketUsed, { ...ticketUsed.example, rightId: told.rightId, ticketNumber: told.number });
    // This one is used, and nobody has heard of it yet.
    const right = house.rights.get(untold.rightId);
    if (right !== undefined) right.used = true;
    await eventually(
      'the news has come',
      async () => {
        const look = batchOf(await enter([told.number]));
        await step(look.id, 'cancellation');
        return look.refusals['reissue.ticket-used'] === 1;
      },
      PATIENT,
    );
    await approve(id);
    expect((await becomes(id, 'done')).counts).to.include({ reissued: 2, refused: 1, failed: 1 });
    expect((await linesOf(id)).slice(0, 2).map(({ reason }) => reason)).to.deep.equal([
      'reissue.ticket-used',
      'sales.ticket-used',
    ]);
  });

  it('two lists with the same tickets at once: each ticket is replaced once', async () => {
    const sold = await tickets(60);
    const both = [batchOf(await enter(numbersOf(sold))), batchOf(await enter(numbersOf(sold)))];
    await Promise.all(both.map(({ id }) => approve(id)));
    const done = await Promise.all(both.map(({ id }) => becomes(id, 'done')));
    expect(done.reduce((sum, { counts }) => sum + (counts['reissued'] ?? 0), 0)).to.equal(60);
    expect(codesOf(sold)).to.deep.equal(sold.map(() => 1));
  });

  it('PLA-33 its progress as events, until it is over', async () => {
    const sold = await tickets(150);
    const { id } = batchOf(await enter(numbersOf(sold)));
    const answer = await fetch(house.url(`/api/v1/events?subject=reissue-batch:${id}`), {
      headers: credentialsOf(house.keys.reviewer),
    });
    expect(answer.status).to.equal(200);
    await approve(id);
    const seen = (await answer.text())
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => batchOf({ body: JSON.parse(line.slice(6)), status: 200, text: '', etag: '' }));
    const reissued = seen.map(({ counts }) => counts['reissued'] ?? 0);
    expect(reissued).to.deep.equal([...reissued].sort((a, b) => a - b));
    expect([seen[0]?.status, seen.at(-1)?.status, reissued.at(-1)]).to.deep.equal(['waiting', 'done', 150]);
    for (const { counts } of seen) {
      const { lines, ...parts } = counts;
      expect(Object.values(parts).reduce((sum, count) => sum + count, 0)).to.equal(lines);
    }
  });

  it('PLA-02 for another tenant there is no such list, and nothing to follow', async () => {
    const { id } = batchOf(await enter(['nothing']));
    const apiKey = house.keys.stranger;
    for (const where of [`${PATH}/${id}`, `${PATH}/${id}/lines`, `/api/v1/events?subject=reissue-batch:${id}`])
      expect((await house.call(where, { apiKey })).status, where).to.equal(404);
    for (const name of ['pause', 'continuation', 'cancellation'])
      expect((await step(id, name, { reason: '试验' }, apiKey)).status, name).to.equal(404);
    expect((await approve(id, apiKey)).status).to.equal(404);
    const { body } = await house.call(PATH, { apiKey });
    expect(body).to.deep.equal({ items: [] });
    const { body: own } = await house.call(`${PATH}?status=waiting`, { apiKey: house.keys.reviewer });
    expect(JSON.stringify(own)).to.include(id);
    for (const key of [house.keys.clerk, undefined])
      expect((await house.call(`${PATH}/${id}`, key === undefined ? {} : { apiKey: key })).status).to.be.oneOf([
        401, 403,
      ]);
  });
});
