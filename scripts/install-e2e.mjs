/**
 * Installs what only the end-to-end tests need (the Claude Code CLI and the MCP inspector) into test/e2e/node_modules,
 * when it is not there or its lockfile has changed.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../test/e2e');
const stamp = join(folder, 'node_modules', '.installed-lockfile');
const lockfile = createHash('sha256')
  .update(readFileSync(join(folder, 'package-lock.json')))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockfile) {
  console.log(
    'Installing the Claude Code CLI and the MCP inspector for the end-to-end tests into test/e2e/node_modules (about 350 MB)',
  );
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder], {
    stdio: 'inherit',
  });
  if (status === 0) {
    writeFileSync(stamp, lockfile);
  } else {
    console.error('The end-to-end tests need it. Without a network, run the other tests: npm run test:unit');
    process.exitCode = 1;
  }
}
