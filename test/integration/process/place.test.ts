import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';

const NOBODY = 65534;

/** Runs the probe as a user without special rights: root may write everywhere. */
async function probes(): Promise<{ top: string; ask: (path: string) => unknown }> {
  const top = await realpath(await mkdtemp(join(tmpdir(), 'o8-place-')));
  onTestFinished(async () => rm(top, { recursive: true, force: true }));
  await chmod(top, 0o755);
  const outfile = join(top, 'probe.mjs');
  await build({
    stdin: {
      contents:
        "import { placeProblem } from './folder-problem.ts'; console.log(JSON.stringify(await placeProblem(process.argv[2] ?? '')));",
      resolveDir: join(import.meta.dirname, '../../../src/process/programs'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
  });
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const ask = (path: string): unknown =>
    JSON.parse(execFileSync(process.execPath, [outfile, path], { ...user, cwd: '/', encoding: 'utf8' }));
  return { top, ask };
}

it('access to a folder is what the kernel allows this user, also for a path that does not exist yet', async () => {
  const { top, ask } = await probes();
  const at = (name: string) => join(top, name);
  await mkdir(at('open'));
  await chmod(at('open'), 0o777);
  await mkdir(at('closed'), { mode: 0o555 });
  await writeFile(at('file'), '');
  await symlink(at('nowhere'), at('link'));
  await symlink(at('open'), at('good-link'));
  expect(ask(at('open'))).toBeNull();
  expect(ask(at('open/a/b'))).toBeNull();
  expect(ask(at('good-link/a'))).toBeNull();
  expect(ask(at('closed'))).toMatchObject({ kind: 'denied', at: at('closed') });
  expect(ask(at('closed/a/b'))).toMatchObject({ kind: 'denied', at: at('closed') });
  expect(ask(at('file/a/b'))).toEqual({ kind: 'not_a_folder', at: at('file') });
  expect(ask(at('link/a'))).toEqual({ kind: 'link_to_nothing', at: at('link') });
});
