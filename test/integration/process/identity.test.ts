import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import type { ProcessIdentity } from '../../../src/core/base/process-identity.js';
import { identityOfChild, processProbe } from '../../../src/process/trees/identify-process.js';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function start(code = ''): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const script = `${code}; console.log("ready"); setInterval(() => undefined, 1e6)`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  const identity = child.pid === undefined ? null : await identityOfChild(child.pid);
  if (identity === null) throw new Error('the child is gone');
  return { child, identity };
}

test('this process is alive', async () => {
  const self = await processProbe.self();
  expect(self.pid).toBe(process.pid);
  expect(await processProbe.check(self)).toBe('alive');
  expect(await processProbe.self()).toEqual(self);
});

test('a process is alive until it ends', async () => {
  const { child, identity } = await start();
  expect(await processProbe.check(identity)).toBe('alive');
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  expect(await processProbe.check(identity)).toBe('dead');
});

test('a zombie is dead', async () => {
  // The parent never reaps: it is stopped before its child ends.
  const code = `const c = require("child_process").spawn("sleep", ["600"]); console.log(c.pid)`;
  const parent = spawn(process.execPath, ['-e', `${code}; setInterval(() => undefined, 1e6)`], { stdio: 'pipe' });
  children.push(parent);
  const [line] = z.tuple([z.instanceof(Buffer)]).parse(await once(parent.stdout, 'data'));
  const pid = Number(String(line));
  const identity = await identityOfChild(pid);
  if (identity === null) throw new Error('the grandchild is gone');
  parent.kill('SIGSTOP');
  process.kill(pid, 'SIGKILL');
  await expect.poll(async () => processProbe.check(identity)).toBe('dead');
  expect(process.kill(pid, 0)).toBe(true); // the pid is still taken
});

test('the same pid with another start time is dead', async () => {
  const self = await processProbe.self();
  expect(await processProbe.check({ ...self, start: '12345' })).toBe('dead');
});

test('a process of an earlier boot of this host is dead, one of another host is unknown', async () => {
  const self = await processProbe.self();
  expect(await processProbe.check({ ...self, bootId: 'earlier' })).toBe('dead');
  expect(await processProbe.check({ ...self, bootId: 'other', host: 'other' })).toBe('unknown');
});

test('a machine whose name changed with the network is still this machine', async () => {
  const self = await processProbe.self();
  expect(await processProbe.check({ ...self, host: 'name-of-yesterday' })).toBe('alive');
});

test('a process in another pid namespace is unknown, and is not signalled', async () => {
  const self = await processProbe.self();
  const inside = { ...self, pidNs: 'pid:[1]' };
  expect(await processProbe.check(inside)).toBe('unknown');
  await expect(processProbe.stop(inside, 0)).rejects.toMatchObject({ code: 'lock_unknown' });
});

test('stop ends a process with SIGTERM', async () => {
  const { child, identity } = await start();
  const ended = once(child, 'exit');
  await processProbe.stop(identity, 20_000);
  expect(await processProbe.check(identity)).toBe('dead');
  expect(await ended).toEqual([null, 'SIGTERM']);
});

test('stop kills a process that ignores SIGTERM', async () => {
  const { child, identity } = await start('process.on("SIGTERM", () => undefined)');
  const ended = once(child, 'exit');
  await processProbe.stop(identity, 50);
  expect(await ended).toEqual([null, 'SIGKILL']);
});

test('stop leaves another process with that pid alone', async () => {
  const { identity } = await start();
  await processProbe.stop({ ...identity, start: '1' }, 50);
  expect(await processProbe.check(identity)).toBe('alive');
});
