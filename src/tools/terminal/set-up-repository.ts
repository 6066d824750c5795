import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withSection } from '../../core/text/marked-section.js';
import {
  PARALLEL_GITIGNORE,
  claudeSection,
  parallelReadme,
  suggestCommands,
  suggestWorktreeInclude,
  type SetupFacts,
} from '../../core/commands/setup-documents.js';
import { O8Error } from '../../core/base/errors.js';
import { ignoredPaths } from '../../git/door/ignored-files.js';
import { readDocument, writeDocument } from '../../sources/files/document.js';
import { readProjectFiles } from '../../sources/files/project-files.js';
import type { ToolContext } from '../context/define-tool.js';
import { refuseNested } from '../context/refuse-nested.js';
import { openContext } from '../context/repository-context.js';

export interface SetupFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'kept';
  /** Why the file was kept, or what changed in it; may be empty. */
  readonly note: string;
}

export interface SetupResult {
  readonly technologies: readonly string[];
  readonly files: readonly SetupFile[];
  /** Suggested lines for a `.worktreeinclude`, which the user writes; empty when the file exists. */
  readonly worktreeInclude: readonly string[];
}

const README = 'parallel/README.md';
const GITIGNORE = 'parallel/.gitignore';
const CLAUDE = 'CLAUDE.md';

/**
 * Creates a folder for plans and, if there is a `CLAUDE.md`, a section about it. Can be repeated: existing files are
 * kept, and in `CLAUDE.md` only the lines between o8's markers change.
 */
export async function setUpRepository(
  technologies: readonly string[] | null,
  context: ToolContext,
): Promise<SetupResult> {
  refuseNested('setup', context);
  const { repo, root } = await openContext(context);
  if (repo.bare)
    throw new O8Error('refused', `${root} is a bare repository: it has no files.`, 'git clone <repository>');
  const facts: SetupFacts = { ...(await readProjectFiles(root)), technologies };
  const described = await describeInClaude(root, claudeSection(facts)); // first, since it may be refused
  const files = [
    await createOnce(root, README, parallelReadme(facts)),
    await createOnce(root, GITIGNORE, PARALLEL_GITIGNORE),
    ...described,
  ];
  const wanted = existsSync(join(root, '.worktreeinclude')) ? [] : suggestWorktreeInclude(await ignoredPaths(repo));
  return { technologies: suggestCommands(facts).technologies, files, worktreeInclude: wanted };
}

async function createOnce(root: string, path: string, text: string): Promise<SetupFile> {
  const present = await readDocument(root, join(root, path));
  if (present === null) {
    await writeDocument(root, join(root, path), text);
    return { path, outcome: 'created', note: '' };
  }
  if (present === text) return { path, outcome: 'unchanged', note: '' };
  return { path, outcome: 'kept', note: 'it already exists' };
}

async function describeInClaude(root: string, section: string): Promise<SetupFile[]> {
  const path = join(root, CLAUDE);
  const present = await readDocument(root, path);
  if (present === null) return [];
  const edit = withSection(present, section);
  switch (edit.kind) {
    case 'unchanged':
      return [{ path: CLAUDE, outcome: 'unchanged', note: '' }];
    case 'broken_marks':
      return [
        { path: CLAUDE, outcome: 'kept', note: 'one of the two marker lines of o8 is missing; remove the other one' },
      ];
    case 'edited':
      await writeDocument(root, path, edit.text);
      return [{ path: CLAUDE, outcome: 'updated', note: 'the section between the marker lines of o8' }];
  }
}
