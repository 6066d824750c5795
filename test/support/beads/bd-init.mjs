/**
 * `bd init`, with all that the real one does to a repository: hooks, files for agents, and a commit.
 */
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { has, valueOf } from './bd-arguments.mjs';
import { git, load, repositoryOf, save } from './bd-database.mjs';

/** Private to this machine: the database, the lock, what o8 keeps is not in it. */
const IGNORED = ['stand-in/', 'dolt/', 'daemon.*', 'export-state.json', 'last-touched'];

const HOOK = `#!/usr/bin/env sh
# bd-hooks
command -v bd >/dev/null 2>&1 || exit 0
exec bd hooks run "$(basename "$0")" "$@"
`;

/**
 * @param {string} cwd
 * @param {import('./bd-arguments.mjs').CommandLine} line
 */
export function initialize(cwd, line) {
  const root = repositoryOf(cwd)?.main ?? cwd;
  const beads = join(root, '.beads');
  const prefix = valueOf(line, '--prefix') ?? basename(root);
  mkdirSync(beads, { recursive: true });
  writeFileSync(join(beads, '.gitignore'), `${IGNORED.join('\n')}\n`);
  writeFileSync(join(beads, 'config.yaml'), `issue-prefix: ${prefix}\n`);
  writeFileSync(join(beads, 'metadata.json'), `${JSON.stringify({ database: 'dolt', backend: 'dolt' })}\n`);
  if (!has(line, '--skip-hooks') && !has(line, '--stealth')) installHooks(root, beads);
  if (!has(line, '--stealth')) writeForAgents(root);
  save(beads, { ...load(beads), prefix });
  if (!has(line, '--stealth')) {
    git(root, ['add', '--', '.beads', 'AGENTS.md', 'CLAUDE.md', '.claude/settings.json']);
    git(root, ['commit', '--no-verify', '--quiet', '--message', 'bd init: initialize beads issue tracking']);
  }
  return `✓ bd initialized successfully!\n\n  Issue prefix: ${prefix}`;
}

/**
 * @param {string} root
 * @param {string} beads
 */
function installHooks(root, beads) {
  mkdirSync(join(beads, 'hooks'), { recursive: true });
  for (const name of ['pre-commit', 'post-merge', 'post-checkout', 'pre-push']) {
    writeFileSync(join(beads, 'hooks', name), HOOK);
    chmodSync(join(beads, 'hooks', name), 0o755);
  }
  git(root, ['config', 'core.hooksPath', '.beads/hooks']);
}

/** @param {string} root */
function writeForAgents(root) {
  for (const name of ['AGENTS.md', 'CLAUDE.md']) {
    const path = join(root, name);
    if (existsSync(path) && readFileSync(path, 'utf8').includes('BEADS INTEGRATION')) continue;
    appendFileSync(
      path,
      '<!-- BEGIN BEADS INTEGRATION -->\nThis project uses bd (beads) for issue tracking.\n<!-- END BEADS INTEGRATION -->\n',
    );
  }
  const settings = join(root, '.claude/settings.json');
  if (existsSync(settings)) return;
  mkdirSync(join(root, '.claude'), { recursive: true });
  const hooks = { SessionStart: [{ matcher: '', hooks: [{ type: 'command', command: 'bd prime' }] }] };
  writeFileSync(settings, `${JSON.stringify({ hooks }, null, 2)}\n`);
}
