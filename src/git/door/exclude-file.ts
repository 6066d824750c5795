import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failpoint } from '../../core/base/failpoint.js';
import type { Repository } from './repository.js';

const FIRST_LINE = '# o8: begin (written by o8; edits between these two lines are lost)';
const LAST_LINE = '# o8: end';

/**
 * Hides o8's files from git in every checkout of this repository through `info/exclude`; never changes the user's
 * `.gitignore`. Patterns are added to existing ones; writes nothing if all are present.
 */
export async function ensureExcluded(repo: Repository, patterns: readonly string[]): Promise<void> {
  const named = join(repo.commonDir, 'info', 'exclude');
  await mkdir(dirname(named), { recursive: true });
  const file = existsSync(named) ? await realpath(named) : named;
  const before = existsSync(file) ? await readFile(file, 'utf8') : '';
  const after = withPatterns(before, patterns);
  if (after === before) return;
  const temporary = `${file}.o8-${process.pid}`;
  await writeFile(temporary, after, { mode: existsSync(file) ? (await stat(file)).mode : 0o644 });
  failpoint('exclude.write.before');
  await rename(temporary, file);
  failpoint('exclude.write.after');
}

function withPatterns(text: string, patterns: readonly string[]): string {
  const lines = text.split('\n');
  const first = lines.indexOf(FIRST_LINE);
  const last = lines.indexOf(LAST_LINE, first + 1);
  if (first === -1 || last === -1) {
    const separator = text === '' || text.endsWith('\n') ? '' : '\n';
    return `${text}${separator}${[FIRST_LINE, ...new Set(patterns), LAST_LINE, ''].join('\n')}`;
  }
  const all = new Set([...lines.slice(first + 1, last), ...patterns]);
  return [...lines.slice(0, first + 1), ...all, ...lines.slice(last)].join('\n');
}
