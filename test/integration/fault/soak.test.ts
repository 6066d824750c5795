import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const TEST_MS = 180_000;
/** The soak must end before the test's time limit. */
const SOAK_MS = TEST_MS - 5_000;

const root = resolve(import.meta.dirname, '../../..');

describe('supervisors, shims and agents killed at random', () => {
  it('lose nothing in twenty kills (`npm run soak` runs longer)', { timeout: TEST_MS }, async () => {
    const soak = promisify(execFile)(
      process.execPath,
      [join(root, 'scripts/soak.mjs'), '--seed', '3', '--count', '20'],
      { timeout: SOAK_MS, killSignal: 'SIGKILL' },
    );
    const { stdout } = await soak.catch((error: unknown) => {
      const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
      throw new Error(`${String(error)}\n${said}`);
    });
    expect(stdout).toContain('nothing lost, nothing twice, no wrong exit code');
  });
});
