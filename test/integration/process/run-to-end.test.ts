import { expect, it } from 'vitest';
import type { ProgramEnd } from '../../../src/core/base/program-call.js';
import { runToEnd } from '../../../src/process/programs/run-to-end.js';

const run = async (script: string, o: { input?: string; timeoutMs?: number } = {}): Promise<ProgramEnd> =>
  runToEnd({
    argv: [process.execPath, '-e', script],
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '' },
    input: '',
    timeoutMs: 30_000,
    ...o,
  });

it('gives exit code and both outputs, whole characters over pieces of output', async () => {
  const script = `process.stdin.pipe(process.stdout); process.stderr.write('oops'); process.exitCode = 3;`;
  const input = 'ü'.repeat(200_001);
  expect(await run(script, { input })).toEqual({ kind: 'exited', code: 3, stdout: input, stderr: 'oops' });
});

it('is content with a program that does not read', async () => {
  expect(await run('process.exit(0)', { input: 'x'.repeat(1_000_000) })).toMatchObject({ kind: 'exited', code: 0 });
});

it('ends a program and what it started at the time limit', async () => {
  // The child keeps the output open, ignores SIGTERM and would keep this test waiting.
  const child = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`;
  const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); setInterval(() => {}, 1000)`;
  expect(await run(script, { timeoutMs: 1_000 })).toEqual({ kind: 'stopped', why: 'did not end within 1 s' });
});

it('says what is missing, and what ended it', async () => {
  const missing = await runToEnd({ argv: ['o8-no-such-program'], cwd: '/', env: {}, input: '', timeoutMs: 1_000 });
  expect(missing).toEqual({ kind: 'missing', why: 'Program "o8-no-such-program" was not found on PATH.' });
  expect(await run(`process.kill(process.pid, 'SIGKILL')`)).toEqual({ kind: 'stopped', why: 'was ended by SIGKILL' });
});
