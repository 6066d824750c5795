import { excludePattern } from '../base/exclude-pattern.js';
import { detectTechnologies, isKnownTechnology, usualChecks, usualSetup, type ProjectFiles } from './technology.js';

/** What `o8 setup` knows about a repository. */
export interface SetupFacts extends ProjectFiles {
  /** Named by the user; null to detect them from the files. */
  readonly technologies: readonly string[] | null;
}

interface Suggestion {
  readonly technologies: readonly string[];
  readonly setup: string | null;
  readonly verify: string | null;
}

/** Suggested commands for the example plan in the README. */
export function suggestCommands(facts: SetupFacts): Suggestion {
  const technologies = facts.technologies ?? detectTechnologies(facts);
  const known = technologies.filter(isKnownTechnology);
  const join = (commands: readonly string[]): string | null => (commands.length === 0 ? null : commands.join(' && '));
  return {
    technologies,
    setup: join(known.flatMap((technology) => usualSetup(technology, facts) ?? [])),
    verify: join(known.flatMap((technology) => usualChecks(technology, facts).at(-1)?.command ?? [])),
  };
}

/** `parallel/README.md`: what the folder is for and how its plans are run. */
export function parallelReadme(facts: SetupFacts): string {
  const { technologies, setup, verify } = suggestCommands(facts);
  const manifest = {
    ...(technologies.length === 0 ? {} : { technology: technologies.join(', ') }),
    tasks: { files: ['tasks/task-001-users.md'] },
    o8: { ...(setup === null ? {} : { setup }), verify: verify ?? 'make test' },
  };
  return `# Parallel work

Each folder here is a plan: tasks that several agents work on at the same time, each in its own git worktree and
branch. o8 runs them and merges their work in order.

\`\`\`
parallel/<name>/
  manifest.json               which tasks there are, and the commands that check them
  context.md                  what every task needs to know
  architecture.md             how the parts fit together
  contracts/                  interfaces that several tasks rely on
  tasks/task-001-users.md     a task: what to do, and its scope
  prompts/task-001.txt        the prompt of its agent                 (\`o8 render\` writes it)
  task-graph.md               dependencies, and the files of each task (\`o8 render\` writes it)
\`\`\`

The smallest \`manifest.json\`; \`verify\` has to pass before anything is merged:

\`\`\`json
${JSON.stringify(manifest, null, 2)}
\`\`\`

A task file begins with \`id\`, \`wave\` and \`deps\` between two lines of dashes, says what has to be done, and ends with the
files it may change. No file is in the CREATE of two tasks:

\`\`\`markdown
---
id: task-001
wave: 1
deps: []
---

What has to be done.

## Scope

CREATE: src/users.js, test/users.test.js
MODIFY: src/app.js
BOUNDARY: src/orders/**
\`\`\`

| in Claude Code                    | in a terminal                  |                                           |
| --------------------------------- | ------------------------------ | ----------------------------------------- |
| \`/parallel-decompose docs/prd.md\` |                                | writes a plan from a product document     |
| \`/parallel-run parallel/<name>/\`  | \`o8 run parallel/<name>\`       | runs it; \`--dry-run\` only shows it        |
| \`/parallel-status\`                | \`o8 status\`                    | shows the state of the run                |
| \`/parallel-integrate\`             | \`o8 integrate parallel/<name>\` | checks the merged result, writes a report |
| \`/parallel-merge\`                 | \`o8 merge\`                     | lands the work on your branch             |
| \`/parallel-cleanup\`               | \`o8 cleanup\`                   | removes worktrees and merged branches     |
`;
}

/** `parallel/.gitignore`: files that runs write into plan folders. */
export const PARALLEL_GITIGNORE = `# Files that o8 writes into plan folders when it runs them. Commit the plans themselves.
/*/logs/
/*/scripts/run-parallel.sh
/*/scripts/monitor-live.sh
/*/integration-report.md
/*/.manifest.json.o8
`;

/** The section for `CLAUDE.md`. */
export function claudeSection(facts: SetupFacts): string {
  const { setup, verify } = suggestCommands(facts);
  const commands = [
    ...(setup === null ? [] : [`- \`${setup}\` prepares a fresh worktree.`]),
    ...(verify === null ? [] : [`- Work is finished when \`${verify}\` passes.`]),
  ];
  return [
    '## Parallel work (o8)',
    '',
    'Work that splits into independent parts can be done by several agents at once. Plans are in `parallel/` (see',
    '`parallel/README.md`).',
    '',
    '- `/parallel-decompose <prd>` writes a plan, `/parallel-run <parallel-dir> --dry-run` shows it, `/parallel-run` runs it,',
    '  `/parallel-status` shows its state, `/parallel-integrate` checks the result, `/parallel-merge` lands it.',
    '- Worktrees in `../workspaces/` and branches `feature/task-*` and `o8/*` belong to a run: do not change them by hand.',
    '- A task stays in its scope: CREATE and MODIFY are its files, BOUNDARY lists files of other tasks.',
    ...commands,
  ].join('\n');
}

/** Ignored files that worktrees need: settings and secrets of one machine. */
const MACHINE_FILE = /(^|\/)(\.env(\.[^/]+)?|\.envrc|[^/]+\.local\.(json|ya?ml|toml|js|ts|php|py)|local_settings\.py)$/;
/** Folders of packages and build output have files with such names, too; Claude's own files are not for other sessions. */
const ELSEWHERE = /(^|\/)(node_modules|vendor|dist|build|target|\.venv|venv|\.git|\.claude)\//;
const MOST_LINES = 20;

/** Suggested lines for a `.worktreeinclude`: those ignored paths that look like settings. */
export function suggestWorktreeInclude(ignored: readonly string[]): string[] {
  return ignored
    .filter((path) => MACHINE_FILE.test(path) && !ELSEWHERE.test(path))
    .map(excludePattern)
    .sort((a, b) => (a < b ? -1 : 1))
    .slice(0, MOST_LINES);
}
