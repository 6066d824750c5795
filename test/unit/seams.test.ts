import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AGENTS } from '../../src/core/agents/kinds.js';
import { seamViolations, type SeamRule } from '../support/sources/seam-rules.js';
import { sourceFiles } from '../support/sources/source-files.js';

/** The table, each kind's own folder, and the settings, which say what `agent.kind` and `agent.command` mean together. */
const AGENT = [
  'src/core/agents/kinds.ts',
  'src/core/settings/agent-settings.ts',
  ...AGENTS.map(({ kind }) => `src/core/agents/${kind}/`),
];
const KIND = AGENTS.map(({ kind }) => kind).join('|');

const TARGET = ['src/core/plan/target.ts'];

const SOURCE = [
  ...['src/core/plan/sources.ts', 'src/core/plan/manifest-source.ts', 'src/core/plan/feature-source.ts'],
  ...['src/core/plan/beads-source.ts', 'src/core/beads/'],
  'src/sources/',
];

const PLACE = [
  'src/process/',
  // Where a place is made for a supervisor, and for who looks at a run without one.
  ...['src/supervisor/supervisor.ts', 'src/tools/context/place-of-runs.ts'],
];

const RULES: readonly SeamRule[] = [
  { seam: 'place', asks: /process\/attempts\/(?!living-attempts)/, allowed: PLACE },
  { seam: 'place', asks: /'(spec|claim|agent|exit)\.json'/, allowed: [...PLACE, 'src/store/files/paths.ts'] },
  { seam: 'place', asks: /\.shim\b|\bshimAlive\b|'\/proc\b/, allowed: PLACE },
  { seam: 'source', asks: /\b(source|selection|wanted)\.kind\b|\bkey\.kind [!=]==/, allowed: SOURCE },
  { seam: 'source', asks: /[!=]== '(manifest|features|beads)'|case '(manifest|features|beads)':/, allowed: SOURCE },
  { seam: 'source', asks: /'(manifest|features|beads)' [!=]==/, allowed: SOURCE },
  { seam: 'source', asks: /\b(features|slugs|epic) [!=]== (undefined|null)\b/, allowed: SOURCE },
  { seam: 'agent', asks: new RegExp(`[!=]==? ['"](${KIND})['"]`), allowed: AGENT },
  { seam: 'agent', asks: new RegExp(`['"](${KIND})['"] [!=]==?|case ['"](${KIND})['"]:`), allowed: AGENT },
  { seam: 'agent', asks: /\bagent\??\.command( [!=]==?| \?\?|\?\.|\[)/, allowed: AGENT },
  { seam: 'agent', asks: /\{[^}]*\bcommand\b[^}]*\} = [\w.]*\b(agent|own)\b/, allowed: AGENT },
  { seam: 'agent', asks: new RegExp(`from '[^']*/agents/(${KIND})/`), allowed: AGENT },
  { seam: 'target', asks: /\b(plan|planned)\.target\b/, allowed: TARGET },
  { seam: 'target', asks: /\btarget\b[^=]*\} = (\w+\.)*(plan|planned)\b/, allowed: TARGET },
  { seam: 'target', asks: /\btarget\.(branch|kind)\b/, allowed: TARGET },
  { seam: 'target', asks: /\btarget\b.*startsWith\('refs\//, allowed: TARGET },
  { seam: 'target', asks: /\btarget [!=]== (\w+\.)*base\b/, allowed: TARGET },
  {
    seam: 'target',
    asks: /\bmerge\.into [!=]==|case '(integration|base|pr)':/,
    allowed: [...TARGET, 'src/core/config/unusable-settings.ts'],
  },
];

describe('the sources', { timeout: 30_000 }, () => {
  it('ask for no kind of agent, source, target or place outside of its own files', () => {
    const files = sourceFiles();
    expect(files.length).toBeGreaterThan(0);
    expect(seamViolations(files, RULES)).toEqual([]);
  });

  it('have each place in which a kind may be asked for', () => {
    const paths = sourceFiles().map(({ path }) => path);
    const places = RULES.flatMap(({ allowed }) => allowed);
    expect(places.filter((place) => !paths.some((path) => path.startsWith(place)))).toEqual([]);
  });
});

it('each kind of agent has a folder of its own', () => {
  const folders = readdirSync('src/core/agents', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual(['base', ...AGENTS.map(({ kind }) => kind)].sort());
});

describe('the seam check', () => {
  it.each([
    `import { readAttempt } from '../../process/attempts/attempt.js';`,
    `if (existsSync(join(dir, 'exit.json'))) return;`,
    `const pid = status.shim.pid;`,
  ])('refuses %s outside of a place', (line) => {
    expect(seamViolations([{ path: 'src/supervisor/attempts/a.ts', text: line }], RULES)).not.toEqual([]);
    expect(seamViolations([{ path: 'src/process/attempts/this-machine.ts', text: line }], RULES)).toEqual([]);
  });

  it.each([
    `if (plan.source.kind !== 'manifest') return [];`,
    `  switch (source.kind) {`,
    `    case 'features':`,
    `const of = status.features === undefined ? 'tasks' : 'features';`,
  ])('refuses %s outside of the sources', (line) => {
    expect(seamViolations([{ path: 'src/tools/a.ts', text: line }], RULES)).not.toEqual([]);
    expect(seamViolations([{ path: 'src/sources/plan-readers.ts', text: line }], RULES)).toEqual([]);
  });

  it.each([
    `const name = run.plan.target.branch ?? run.plan.target.ref;`,
    `const { base, target } = run.plan;`,
    `if (target.branch === null) return;`,
    `const lands = target !== base && !target.startsWith('refs/');`,
    `if (plan.settings.merge.into === 'none') return;`,
    `    case 'integration':`,
    `if (kind === 'claude') return;`,
    `if ('command' !== agent.kind) return;`,
    `    case 'claude':`,
    `if (plan.settings.agent.command === null) return;`,
    `const name = agent?.command?.[0] ?? null;`,
    `const { command, model } = plan.settings.agent;`,
    `import { foldClaudeLine } from '../core/agents/claude/claude-stream.js';`,
  ])('refuses %s', (line) => {
    expect(seamViolations([{ path: 'src/tools/a.ts', text: line }], RULES)).not.toEqual([]);
    const own = ['src/core/plan/target.ts', 'src/core/agents/kinds.ts'];
    const passes = own.filter((path) => seamViolations([{ path, text: line }], RULES).length === 0);
    expect(passes).toHaveLength(1);
  });

  it('names file, line and seam, and lets comments and questions to the seam pass', () => {
    const text = [
      '/**',
      ' * `plan.target.branch` is null',
      ' */',
      `const { ref } = targetOf(run.plan);`,
      `// plan.target.ref`,
      `const t = plan.target;`,
    ].join('\n');
    expect(seamViolations([{ path: 'src/tools/a.ts', text }], RULES)).toEqual([
      'src/tools/a.ts:6: target: const t = plan.target;',
    ]);
  });
});
