// Supervision of a service: crash and restart, purposeful kill, a start that never becomes ready.
import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { manageProcess, type ManagedProcess } from './managed-process.ts';
import { openPorts } from './ports.ts';
import { isAlive } from './process-identity.ts';
import { until } from './until.ts';
import { startWarden } from './warden.ts';

const healthy = `
import { createServer } from 'node:http';
createServer((_request, response) => response.end('{}')).listen(Number(process.env['HTTP_PORT']), '127.0.0.1');
`;

describe('managed process', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'tongpiao-spec-'));
  const warden = startWarden();
  const ports = openPorts(directory);
  const lines: string[] = [];
  const running: ManagedProcess[] = [];

  const manage = async (code: string): Promise<ManagedProcess> => {
    const name = `sales-${running.length + 1}`;
    const entry = path.join(directory, `${name}.ts`);
    writeFileSync(entry, code);
    const port = await ports.choose(name);
    const managed = manageProcess({
      name,
      service: 'sales',
      entry,
      port,
      environment: { ...process.env, HTTP_PORT: String(port) },
      logFile: path.join(directory, 'logs', `${name}.log`),
      report: (line) => lines.push(line),
      warden,
      restartCrashed: true,
      firstDelayMs: 20,
    });
    running.push(managed);
    return managed;
  };

  const restarted = (managed: ManagedProcess, times: number): Promise<void> =>
    until({
      what: `${times} restarts`,
      timeoutMs: 15_000,
      probe: async () => {
        if (managed.restarts < times) return `${managed.restarts} restarts`;
        return (await fetch(managed.url)).ok ? undefined : 'no answer';
      },
    });

  after(async () => {
    await Promise.all(running.map((managed) => managed.kill('SIGKILL')));
    ports.release();
    warden.dismiss();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is started again on the same port when it crashes, and says so', async () => {
    const managed = await manage(healthy);
    await managed.start();
    const first = managed.pid() ?? 0;
    process.kill(first, 'SIGKILL');
    await restarted(managed, 1);
    expect(managed.pid()).not.to.equal(first);
    expect(lines.join('\n')).to.include(`${managed.name} ended by itself (signal SIGKILL)`);
  });

  it('is started again as often as it crashes', async () => {
    const managed = await manage(healthy);
    await managed.start();
    process.kill(managed.pid() ?? 0, 'SIGKILL');
    await restarted(managed, 1);
    process.kill(managed.pid() ?? 0, 'SIGKILL');
    await restarted(managed, 2);
  });

  it('stays down after a kill on purpose until it is started', async () => {
    const managed = await manage(healthy);
    await managed.start();
    const first = managed.pid() ?? 0;
    await managed.kill('SIGTERM');
    expect(isAlive(first)).to.equal(false);
    expect(managed.pid()).to.equal(undefined);
    await managed.start();
    expect(managed.restarts).to.equal(0);
    expect((await fetch(managed.url)).ok).to.equal(true);
  });

  it('that ends before it is ready fails the start, naming its log', async () => {
    const managed = await manage('process.exit(3);');
    const failure = await managed.start().catch((error: unknown) => error);
    expect(String(failure)).to.include('exit code 3').and.to.include(managed.logFile);
    expect(managed.pid()).to.equal(undefined);
  });
});
