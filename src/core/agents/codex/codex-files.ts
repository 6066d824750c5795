import { isAbsolute, join } from 'node:path';
import { foldName } from '../../scope/folded-name.js';
import { itemOf, type RepositoryFile, type TrustItem } from '../../trust/files.js';
import type { ProjectFiles } from '../base/agent.js';

export const CODEX = 'codex';

/** Settings, servers, hooks and rules for commands. Codex reads them in folders that the user trusts. */
const FOLDER = '.codex';

/** Does not include `AGENTS.md` and skills: they are text for the model, like the rest of the repository. */
export const CODEX_PROJECT: ProjectFiles = {
  wanted: { files: [], folders: [FOLDER] },
  itemsOf: (files) => files.filter(counts).map((file): TrustItem => itemOf(CODEX, file)),
  commandWords: (path, text) => (isInFolder(path) ? wordsOf(text) : []),
  settingsFile: null,
  trustRecord: {
    file: (env, home) => {
      const configured = env['CODEX_HOME'];
      return join(
        configured !== undefined && isAbsolute(configured) ? configured : join(home, '.codex'),
        'config.toml',
      );
    },
    trusts,
  },
};

function isInFolder(path: string): boolean {
  const folded = foldName(path);
  return folded === FOLDER || folded.startsWith(`${FOLDER}/`);
}

function counts(file: RepositoryFile): boolean {
  return isInFolder(file.path) && (file.kind !== 'file' || file.text.trim() !== '');
}

/** Words in quotes: each may name a file that a command runs. */
function wordsOf(text: string): string[] {
  const quoted = [...text.matchAll(/"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/g)].flatMap(([, double, single]) =>
    (double ?? single ?? '').split(/[\s;&|()<>]+/),
  );
  const paths = quoted.map((word) => word.replace(/^(?:\.\/)+/, ''));
  return [...new Set(paths)].filter(
    (word) => word !== '' && word.length < 256 && !/^[-/~$]/.test(word) && !word.split('/').includes('..'),
  );
}

/** Whether `[projects."<folder>"]` has the trust level `trusted`, in the form that Codex writes. */
function trusts(text: string, folder: string): boolean {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const headings = [JSON.stringify(folder), `'${folder}'`].map((name) => `[projects.${name}]`);
  const start = lines.findIndex((line) => headings.includes(line));
  if (start === -1) return false;
  const table = lines.slice(start + 1);
  const end = table.findIndex((line) => line.startsWith('['));
  const own = end === -1 ? table : table.slice(0, end);
  return own.some((line) => /^trust_level\s*=\s*["']trusted["']\s*(?:#.*)?$/.test(line));
}
