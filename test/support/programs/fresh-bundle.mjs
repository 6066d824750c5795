/**
 * Vitest global set-up of the projects that start the built programs: they run what the sources build. Work in
 * progress is built once; a clean checkout whose committed `dist/` is stale is a fault and fails.
 */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import lockfile from 'proper-lockfile';
import { prepareBuild } from '../../../scripts/build.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** What the bundles are made of, and the bundles. */
const BUILD_PATHS = ['src', 'agents', 'commands', 'docs', 'dist', 'scripts/build.mjs', 'package-lock.json'];

export async function setup() {
  const folder = join(root, 'node_modules', '.cache', 'o8');
  await mkdir(folder, { recursive: true });
  // Two test runs in one checkout take turns; a build takes seconds, so a minute of patience is plenty.
  const release = await lockfile.lock(folder, { retries: { retries: 60, minTimeout: 1_000, maxTimeout: 1_000 } });
  try {
    const { stale, write } = await prepareBuild();
    if (stale.length === 0) return;
    if (await isCommitted()) {
      throw new Error(
        `The committed dist/ is not what the committed sources build (${stale.join(', ')}). Run: npm run build`,
      );
    }
    await write();
  } finally {
    await release();
  }
}

async function isCommitted() {
  const git = promisify(execFile);
  const { stdout } = await git('git', ['status', '--porcelain', '--', ...BUILD_PATHS], { cwd: root });
  return stdout === '';
}
