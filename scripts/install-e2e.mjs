/**
 * Installs what only the end-to-end tests need, when it is not there: the Claude Code CLI and the MCP inspector of the
 * lockfile into test/e2e/node_modules, and the Claude Code of `O8_CLAUDE_VERSION` (a version, or `newest`), where that is
 * set and another one, into a folder of its own below test/e2e/versions.
 *
 * `node scripts/install-e2e.mjs --newest -- <command>` does so with the newest and then runs the command with it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../test/e2e');
const PACKAGE = '@anthropic-ai/claude-code';

/**
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function npm(args, options) {
  return spawnSync('npm', args, { ...options, encoding: 'utf8' });
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  console.error('The end-to-end tests need it. Without a network, run the other tests: npm run test:unit');
  process.exit(1);
}

function installLocked() {
  const stamp = join(folder, 'node_modules', '.installed-lockfile');
  const lockfile = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfile) return;
  console.log(
    'Installing Claude Code, Codex and the MCP inspector for the end-to-end tests into test/e2e/node_modules (about 800 MB)',
  );
  const { status } = npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder], {
    stdio: 'inherit',
  });
  if (status !== 0) fail('npm ci failed.');
  writeFileSync(stamp, lockfile);
}

/**
 * The version that `wanted` means; `newest` is what npm calls latest.
 * @param {string} wanted
 */
function resolveVersion(wanted) {
  if (/^\d+\.\d+\.\d+$/.test(wanted)) return wanted;
  if (wanted !== 'newest') fail(`O8_CLAUDE_VERSION is "${wanted}": a version such as 2.1.332, or "newest".`);
  const { status, stdout } = npm(['view', PACKAGE, 'dist-tags.latest']);
  const version = stdout.trim();
  if (status !== 0 || version === '') fail(`npm does not say which ${PACKAGE} is the newest.`);
  return version;
}

/**
 * Outside of the lockfile, which names one version. The package ships a native program, whatever Node it asks for.
 * @param {string} version
 */
function installVersion(version) {
  const pinned = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).devDependencies[PACKAGE];
  if (version === pinned) return;
  const own = join(folder, 'versions', version);
  const stamp = join(own, 'node_modules', '.installed-version');
  if (existsSync(stamp)) return;
  console.log(`Installing Claude Code ${version} for the end-to-end tests into ${own} (about 390 MB)`);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'package.json'), JSON.stringify({ name: 'o8-e2e-claude', private: true }));
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  const { status } = npm(['install', ...options, '--prefix', own, `${PACKAGE}@${version}`], { stdio: 'inherit' });
  if (status !== 0) fail(`npm install ${PACKAGE}@${version} failed.`);
  writeFileSync(stamp, version);
}

const argv = process.argv.slice(2);
const end = argv.indexOf('--');
const command = end < 0 ? [] : argv.slice(end + 1);
const asked = process.env['O8_CLAUDE_VERSION'] || (argv.includes('--newest') ? 'newest' : '');
installLocked();
const version = asked === '' ? null : resolveVersion(asked);
if (version !== null) installVersion(version);
const [program, ...args] = command;
if (program !== undefined) {
  const env = { ...process.env, ...(version === null ? {} : { O8_CLAUDE_VERSION: version }) };
  process.exitCode = spawnSync(program, args, { stdio: 'inherit', env }).status ?? 1;
}
