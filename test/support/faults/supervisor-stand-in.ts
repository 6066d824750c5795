import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import type { AttemptSpec } from '../../../src/process/attempts/attempt.js';
import { bundledProgram } from '../../../src/process/base/bundle.js';

const ROOT = resolve(import.meta.dirname, '../../..');
const CODE = `
  import { readFileSync } from 'node:fs';
  import { startAttempt } from './src/process/attempts/attempt.ts';
  await startAttempt(JSON.parse(readFileSync(process.argv[2], 'utf8')), process.argv[3]);
  process.stdout.write('started');
  setInterval(() => undefined, 1e6);
`;

/** A process that starts an attempt as the supervisor does and then waits until it is killed. */
export async function startStandIn(spec: AttemptSpec): Promise<{ kill: () => Promise<void> }> {
  const program = `${spec.dir}.stand-in.mjs`;
  const input = `${spec.dir}.stand-in.json`;
  await build({
    stdin: { contents: CODE, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile: program,
    logLevel: 'error',
  });
  await writeFile(input, JSON.stringify(spec));
  const parent = spawn(process.execPath, [program, input, bundledProgram('shim.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: spec.env,
  });
  const ended = once(parent, 'exit');
  await Promise.race([once(parent.stdout, 'data'), ended.then(() => Promise.reject(new Error('stand-in ended')))]);
  return {
    kill: async () => {
      parent.kill('SIGKILL');
      await ended;
      await Promise.all([rm(program), rm(input)]);
    },
  };
}
