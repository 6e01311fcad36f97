// What browsers and devices get is what was tested here: the built modules are in step with the sources, need nothing but what a browser
// has, and judge the vectors rightly in a real browser where this machine has one.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { builtFiles } from '../scripts/built-files.ts';

const home = path.join(import.meta.dirname, '..');
const built = path.join(home, 'built');
const vectors = readFileSync(path.join(home, 'vectors/vectors.json'), 'utf8');
type Report = { readonly cases: number; readonly faults: readonly string[]; readonly agent?: string };

/** Named by BROWSER, else the first that is installed. */
function browser(): string | undefined {
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'chrome'];
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const found = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [process.env['BROWSER'] ?? '', ...found].find((file) => file !== '' && existsSync(file));
}

const PAGE = `<!doctype html><script type="module">
import { runVectors } from '/built/run-vectors.js';
const report = async () => runVectors(await (await fetch('/vectors.json')).json());
const body = await report().catch((error) => ({ cases: 0, faults: [String(error)] }));
await fetch('/report', { method: 'POST', body: JSON.stringify({ ...body, agent: navigator.userAgent }) });
</script>`;

/** Serves the page, opens it, and waits for what the page says. */
async function inBrowser(program: string): Promise<Report> {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  const server = createServer((request, response) => {
    const { url = '/' } = request;
    if (url === '/report') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.end();
        resolve(JSON.parse(Buffer.concat(chunks).toString()) as Report);
      });
      return;
    }
    const isModule = /^\/built\/[a-z-]+\.js$/.test(url);
    response.setHeader('content-type', isModule ? 'text/javascript' : url === '/' ? 'text/html' : 'application/json');
    response.end(isModule ? readFileSync(path.join(home, url)) : url === '/' ? PAGE : vectors);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const profile = mkdtempSync(path.join(tmpdir(), 'tp-browser-'));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-port=0'];
  const child = spawn(program, [...flags, `--user-data-dir=${profile}`, address], { stdio: 'ignore' });
  child.once('error', reject);
  child.once('exit', (code) => reject(new Error(`the browser ended with ${code ?? 'a signal'}`)));
  try {
    return await promise;
  } finally {
    child.removeAllListeners('exit');
    const gone = new Promise((ended) => child.once('exit', ended));
    child.kill('SIGKILL');
    await gone;
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

describe('SAL-41 the built gate verifier', () => {
  it('is in step with its sources: else run scripts/generate.ts', () => {
    const onDisk = new Map(
      readdirSync(built)
        .sort()
        .map((name) => [name, readFileSync(path.join(built, name), 'utf8')] as const),
    );
    expect([...onDisk.keys()]).to.deep.equal([...builtFiles().keys()]);
    for (const [name, text] of builtFiles()) expect(onDisk.get(name), name).to.equal(text);
  });

  it('imports nothing but itself', () => {
    for (const [name, text] of builtFiles())
      for (const [, from = ''] of text.matchAll(/\bfrom '([^']+)'/g)) expect(from, name).to.match(/^\.\/[a-z-]+\.js$/);
  });

  it('judges the vectors with nothing but what a browser has', async () => {
    const program = `
      const { parentPort } = require('node:worker_threads');
      for (const name of ['process', 'Buffer', 'require', 'global', 'setImmediate', 'clearImmediate'])
        delete globalThis[name];
      import(${JSON.stringify(`file://${built}/run-vectors.js`)})
        .then(({ runVectors }) => runVectors(${vectors}))
        .then((report) => parentPort.postMessage(report), (error) => parentPort.postMessage({ cases: 0, faults: [String(error)] }));`;
    const worker = new Worker(program, { eval: true });
    const report = await new Promise<Report>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(report.faults).to.deep.equal([]);
    expect(report.cases).to.be.at.least(30);
  });

  it('judges the vectors in a browser', async function () {
    const program = browser();
    if (program === undefined) this.skip();
    this.timeout(60_000);
    const report = await inBrowser(program);
    expect(report.faults).to.deep.equal([]);
    expect(report.cases).to.be.at.least(30);
    expect(report.agent).to.match(/Chrome\//);
  });
});
