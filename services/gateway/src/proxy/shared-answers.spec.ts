import { expect } from 'chai';
import { createSharedAnswers, hasAlready, sharedSeconds, type Recorder, type SharedAnswers } from './shared-answers.ts';

const shared = { 'cache-control': 'public, s-maxage=1', 'content-length': '5' };
const head = ['content-type', 'application/json', 'X-Request-Id', 'req_of_another', 'etag', '"v1"'];
const url = '/api/v1/products/prd_1/availability?from=2026-12-01';

function recorderOf(answers: SharedAnswers, headers: Record<string, string> = {}): Recorder {
  const found = answers.lookup('GET', url, headers);
  if (found?.kind !== 'ask') throw new Error(`not to be asked: ${found?.kind ?? 'nothing'}`);
  return found.recorder;
}
function record(recorder: Recorder, headers: Record<string, string> = shared): void {
  recorder.start(200, { ...headers, etag: '"v1"' }, head);
  recorder.data(Buffer.from('票'));
  recorder.data(Buffer.from('ok'));
  recorder.end(true);
}

describe('shared answers', () => {
  it('PLA-35 gives everybody what one was told, for as long as the service allows', () => {
    let now = 0;
    const answers = createSharedAnswers(() => now);
    record(recorderOf(answers));
    now = 999;
    const found = answers.lookup('GET', url, {});
    expect(found?.kind).to.equal('answer');
    if (found?.kind !== 'answer') return;
    expect(Buffer.from(found.answer.text, 'latin1').toString()).to.equal('票ok');
    expect(found.answer.head).to.deep.equal(['content-type', 'application/json', 'etag', '"v1"']);
    expect(hasAlready({ 'if-none-match': '"v1"' }, found.answer)).to.equal(true);
    expect(hasAlready({ 'if-none-match': '"v0"' }, found.answer)).to.equal(false);
    expect(answers.lookup('GET', url, { 'accept-language': 'en' })?.kind, 'languages apart').to.equal('ask');
    now = 1_001;
    expect(answers.lookup('GET', url, {})?.kind).to.equal('ask');
  });

  it('PLA-35 lets one ask again when it is over, and the others wait for that answer', async () => {
    let now = 0;
    const answers = createSharedAnswers(() => now);
    record(recorderOf(answers));
    now = 2_000;
    const first = recorderOf(answers);
    const second = answers.lookup('GET', url, {});
    expect(second?.kind).to.equal('wait');
    record(first);
    expect(second?.kind === 'wait' && (await second.settled)?.text).to.be.a('string');
    now = 4_000;
    const broken = recorderOf(answers);
    const waiting = answers.lookup('GET', url, {});
    broken.end(false);
    expect(waiting?.kind === 'wait' && (await waiting.settled)).to.equal(undefined);
  });

  it('PLA-35 keeps nothing that broke off, and waits for nobody where nothing was ever shared', () => {
    const answers = createSharedAnswers();
    const recorder = recorderOf(answers);
    recorder.start(200, shared, head);
    recorder.data(Buffer.from('ha'));
    recorder.end(false);
    expect(answers.lookup('GET', url, {})?.kind).to.equal('ask');
    expect(answers.lookup('GET', url, {})?.kind).to.equal('ask');
  });

  for (const [title, method, headers] of [
    ['with a token', 'GET', { authorization: 'Bearer tpo_x' }],
    ['with an API key', 'GET', { 'x-api-key': 'tpk_x' }],
    ['with a cookie', 'GET', { cookie: 'a=b' }],
    ['for a part', 'GET', { range: 'bytes=0-1' }],
    ['that insist on a fresh answer', 'GET', { 'cache-control': 'no-cache' }],
    ['that are no reads', 'POST', {}],
  ] as const) {
    it(`PLA-10 shares nothing with requests ${title}`, () => {
      const answers = createSharedAnswers();
      record(recorderOf(answers));
      expect(answers.lookup(method, url, headers)).to.equal(undefined);
    });
  }

  const cases: readonly (readonly [status: number, headers: Record<string, string>, seconds: number])[] = [
    [200, { 'cache-control': 'public, s-maxage=2, max-age=0' }, 2],
    [200, { 'cache-control': 'public, max-age=3' }, 3],
    [200, { 'cache-control': 'public, max-age=9999' }, 60],
    [200, { 'cache-control': 'public, max-age=3', vary: 'Accept-Language' }, 3],
    [200, { 'cache-control': 'public, max-age=3', vary: 'Authorization' }, 0],
    [200, { 'cache-control': 'public, max-age=3', vary: '*' }, 0],
    [200, { 'cache-control': 'max-age=3' }, 0],
    [200, { 'cache-control': 'no-store' }, 0],
    [200, { 'cache-control': 'public, private, max-age=3' }, 0],
    [200, { 'cache-control': 'public, max-age=x' }, 0],
    [200, {}, 0],
    [404, { 'cache-control': 'public, max-age=3' }, 0],
  ];
  for (const [status, headers, seconds] of cases) {
    it(`PLA-35 ${status} ${JSON.stringify(headers)} → ${seconds} s`, () => {
      expect(sharedSeconds(status, headers)).to.equal(seconds);
    });
  }
  it('PLA-10 never shares an answer that sets a cookie', () => {
    expect(sharedSeconds(200, { 'cache-control': 'public, max-age=3', 'set-cookie': ['a=b'] })).to.equal(0);
  });
});
