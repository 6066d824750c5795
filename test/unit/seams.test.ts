import { describe, expect, it } from 'vitest';
import { seamViolations, type SeamRule } from '../support/sources/seam-rules.js';
import { sourceFiles } from '../support/sources/source-files.js';

const TARGET = ['src/core/plan/target.ts'];

const SOURCE = [
  ...['src/core/plan/sources.ts', 'src/core/plan/manifest-source.ts', 'src/core/plan/feature-source.ts'],
  'src/sources/',
];

const RULES: readonly SeamRule[] = [
  { seam: 'source', asks: /\b(source|selection|wanted)\.kind\b|\bkey\.kind [!=]==/, allowed: SOURCE },
  { seam: 'source', asks: /[!=]== '(manifest|features|epic)'|case '(manifest|features|epic)':/, allowed: SOURCE },
  { seam: 'source', asks: /'(manifest|features|epic)' [!=]==/, allowed: SOURCE },
  { seam: 'source', asks: /\b(features|slugs|epic) [!=]== (undefined|null)\b/, allowed: SOURCE },
  { seam: 'target', asks: /\b(plan|planned)\.target\b/, allowed: TARGET },
  { seam: 'target', asks: /\btarget\b[^=]*\} = (\w+\.)*(plan|planned)\b/, allowed: TARGET },
  { seam: 'target', asks: /\btarget\.(branch|kind)\b/, allowed: TARGET },
  { seam: 'target', asks: /\btarget\b.*startsWith\('refs\//, allowed: TARGET },
  { seam: 'target', asks: /\btarget [!=]== (\w+\.)*base\b/, allowed: TARGET },
  {
    seam: 'target',
    asks: /\bmerge\.into [!=]==|case '(integration|base)':/,
    allowed: [...TARGET, 'src/core/config/unusable-settings.ts'],
  },
];

describe('the sources', () => {
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

describe('the seam check', () => {
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
  ])('refuses %s', (line) => {
    expect(seamViolations([{ path: 'src/tools/a.ts', text: line }], RULES)).not.toEqual([]);
    expect(seamViolations([{ path: 'src/core/plan/target.ts', text: line }], RULES)).toEqual([]);
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
