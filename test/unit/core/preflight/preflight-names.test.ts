import { describe, expect, it } from 'vitest';
import type { Check } from '../../../../src/core/base/check.js';
import type { PreflightFacts } from '../../../../src/core/preflight/preflight-facts.js';
import { preflightChecks } from '../../../../src/core/preflight/preflight.js';
import { parseScope } from '../../../../src/core/scope/parse-scope.js';
import { planOf, type TaskFixture } from '../../../support/runs/plan-fixture.js';
import { goodFacts } from '../../../support/runs/preflight-fixture.js';

function task(id: string, scope: string, more: Partial<TaskFixture> = {}): TaskFixture {
  return { id, scope: parseScope(scope).scope, ...more };
}

function findings(tasks: readonly TaskFixture[], facts: Partial<PreflightFacts> = {}): Check[] {
  const wanted = ['scope-overlap', 'case-names', 'same-task'];
  return preflightChecks(planOf(tasks), goodFacts(facts)).filter(
    ({ id, level }) => wanted.includes(id) && level !== 'pass',
  );
}

function lines(tasks: readonly TaskFixture[], facts: Partial<PreflightFacts> = {}): string[] {
  return findings(tasks, facts).map(({ id, level, message }) => `${level} ${id}: ${message}`);
}

const DIFFER = 'differ only in case or accents and are one file on macOS and Windows';

describe('names that are one file on many machines', () => {
  it('are a warning in tasks that run together, a failure where core.ignorecase is true', () => {
    const tasks = [task('a', 'CREATE: src/Read.md'), task('b', 'CREATE: src/read.md')];
    const message = `Scope overlap: src/Read.md in a, src/read.md in b ${DIFFER}`;
    expect(lines(tasks)).toEqual([`warn scope-overlap: ${message}`]);
    expect(lines(tasks, { foldsCase: true })).toEqual([`fail scope-overlap: ${message}`]);
    expect(findings(tasks)[0]?.tasks).toEqual(['a', 'b']);
  });

  it.each([
    ['a glob and a file', 'CREATE: src/R*.md', 'CREATE: src/read.md', 'src/R*.md in a, src/read.md in b'],
    ['a folder of globs', 'CREATE: SRC/**', 'MODIFY: src/*.ts', 'SRC/** in a, src/*.ts in b'],
    ['braces', 'CREATE: src/{Read,x}.md', 'CREATE: src/read.md', 'src/{Read,x}.md in a, src/read.md in b'],
    ['a symbol', 'MODIFY: src/App.ts::A', 'MODIFY: src/app.ts::A', 'src/App.ts in a, src/app.ts in b'],
    [
      'accents',
      'CREATE: src/caf\u00e9.md',
      'CREATE: src/cafe\u0301.md',
      'src/caf\\u{e9}.md in a, src/cafe\\u{301}.md in b',
    ],
  ])('are found in %s', (_, a, b, names) => {
    expect(lines([task('a', a), task('b', b)])).toContain(`warn scope-overlap: Scope overlap: ${names} ${DIFFER}`);
  });

  it('are still the same scope where they are spelled alike', () => {
    const tasks = [task('a', 'CREATE: src/Read.md'), task('b', 'CREATE: src/Read.md')];
    expect(lines(tasks)).toContain('fail scope-overlap: Scope overlap: src/Read.md in a, b');
  });

  it('matter as folders, in tasks that wait for each other, and beside files of the repository', () => {
    expect(lines([task('a', 'CREATE: Src/a.ts'), task('b', 'CREATE: src/b.ts')])).toEqual([
      `warn case-names: Src in a and src in b ${DIFFER}`,
    ]);
    expect(lines([task('a', 'CREATE: Src/**/x.ts'), task('b', 'CREATE: src/b.ts', { deps: ['a'] })])).toEqual([
      `warn case-names: Src in a and src in b ${DIFFER}`,
    ]);
    const tracked = ['docs/README.md', 'docs/b.md'];
    expect(lines([task('a', 'CREATE: docs/readme.md')], { tracked })).toEqual([
      `warn case-names: docs/README.md in the repository and docs/readme.md in a ${DIFFER}`,
    ]);
    expect(lines([task('a', 'CREATE: Docs/c.md')], { tracked, foldsCase: true })).toEqual([
      `fail case-names: docs in the repository and Docs in a ${DIFFER}`,
    ]);
  });

  it('of the repository are one finding, however many', () => {
    const tracked = Array.from({ length: 200 }, (_, index) => [
      `a/F${String(index)}.md`,
      `a/f${String(index)}.md`,
    ]).flat();
    const found = findings([task('a', 'CREATE: src/a.ts')], { tracked });
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toContain('a/F0.md and a/f0.md');
    expect(found[0]?.message).toContain('and 197 more');
    expect(found[0]?.message.length).toBeLessThan(300);
  });

  it('of a repository with 50000 files are looked for in seconds', () => {
    const tracked = Array.from(
      { length: 50_000 },
      (_, index) => `src/part${String(index % 500)}/file${String(index)}.ts`,
    );
    const before = process.cpuUsage();
    expect(findings([task('a', 'CREATE: src/a.ts')], { tracked })).toEqual([]);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000);
  });
});

describe('two tasks with the same text and scope', () => {
  const prompt = 'Write the users.';

  it('are a warning that names them', () => {
    const tasks = [
      task('task-001', '', { prompt }),
      task('task-002', '', { prompt: ' Write  the users.\n' }),
      task('c', ''),
    ];
    expect(lines(tasks)).toEqual([
      'warn same-task: task-001, task-002 have the same text and scope: the work would be done 2 times',
    ]);
  });

  it('are the same below a heading with their id', () => {
    const tasks = ['t-1', 't-2'].map((id) => task(id, '', { prompt: `# Task ${id}\n\n${prompt}` }));
    expect(lines(tasks)).toHaveLength(1);
  });

  it('are two where text or scope differ', () => {
    expect(lines([task('a', 'CREATE: a.ts', { prompt }), task('b', 'CREATE: b.ts', { prompt })])).toEqual([]);
    expect(lines([task('a', '', { prompt: 'Translate de.' }), task('b', '', { prompt: 'Translate fr.' })])).toEqual([]);
  });
});
