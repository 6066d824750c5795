import { describe, expect, it } from 'vitest';
import { dependsOnLines, readFeature, type FeatureDocuments } from '../../../src/core/feature.js';
import { plannedFiles } from '../../../src/core/implementation-plan.js';

const DIR = '.blueprint/features/feature_dashboard';
const OTHERS = ['user-auth', 'dashboard', 'billing'];

function documents(parts: { spec?: string; stories?: string[]; plan?: string }): FeatureDocuments {
  const { spec, stories = [], plan } = parts;
  return {
    slug: 'dashboard',
    dir: DIR,
    spec: spec === undefined ? null : { path: `${DIR}/FEATURE_SPEC.md`, text: spec },
    stories: stories.map((text, index) => ({ path: `${DIR}/story-${String(index)}.md`, text })),
    plan: plan === undefined ? null : { path: `${DIR}/IMPLEMENTATION_PLAN.md`, text: plan },
  };
}

const read = (parts: Parameters<typeof documents>[0]) => readFeature(documents(parts), [], OTHERS);

describe('the sections of a specification', () => {
  it('are there with or without numbers, in either spelling, and with sub-headings only', () => {
    for (const spec of [
      '## 1. Feature Intent\nWhy\n## 2. Scope\n### In Scope\n## 3. Behaviour Overview\n- How\n',
      '# Feature intent\r\n\r\nWhy\r\n\r\n# **Scope**\r\n\r\n| a |\r\n\r\n# Behavior Overview (draft):\r\nHow\r\n',
      '## 4.1 Feature Intent:\nWhy\n## Scope ##\nx\n## Behaviour Overview\n```\n# code\n```\n',
    ])
      expect(read({ spec }).spec).toEqual({ kind: 'there', missingSections: [], emptySections: [] });
  });

  it('are named when they are missing, and when they say nothing', () => {
    const spec =
      '## Feature Intent\n\n---\n\n* * *\n\n<!-- why\nexactly -->\n\n## In Scope\nx\n```\n## Scope\nx\n```\n';
    expect(read({ spec }).spec).toEqual({
      kind: 'there',
      missingSections: ['Scope', 'Behaviour Overview'],
      emptySections: ['Feature Intent'],
    });
    expect(read({}).spec).toEqual({ kind: 'missing' });
  });

  it('are looked through in no time whatever they hold', () => {
    const spec = `## Scope\n${'<!--'.repeat(200_000)}`;
    expect(read({ spec }).spec).toMatchObject({ emptySections: ['Scope'] });
    const headings = `${'# a\n'.repeat(40_000)}## Scope\nx\n`; // a copy of the rest for each took a minute
    expect(read({ spec: headings }).spec).toMatchObject({ emptySections: [] });
  });
});

describe('the files of an implementation plan', () => {
  it('are the rows of the seed’s table that create or modify, not those that come to be at run time', () => {
    const plan = [
      '## Files to Create/Modify',
      '',
      '| Path | Action | Purpose |',
      '|------|--------|---------|',
      '| `src/parallel.js` | Create | Core |',
      '| `bin/cli.js` | Modify | Add `parallel` |',
      '| `.claude/parallel-queue.json` | Runtime | State |',
      '',
      '## Implementation Steps',
      '1. **Create `src/other.js`**',
    ].join('\n');
    expect(plannedFiles(plan)).toEqual([
      { path: 'src/parallel.js', action: 'create' },
      { path: 'bin/cli.js', action: 'modify' },
    ]);
  });

  it('are the items of lists, under one heading or two, with their paths made plain', () => {
    const plan = [
      '## Files to create',
      '- `./src/a.ts`: new module',
      '- src/dir/ - helpers',
      '## 2. Files to Modify',
      '* Update `src/b.ts` and its tests',
      '* The usual sentence about nothing',
      '* `run(task)`',
      '* `../outside.ts`',
      '### Files to Create/Modify',
      '- `src/a.ts` (modify)',
    ].join('\n');
    expect(plannedFiles(plan)).toEqual([
      { path: 'src/a.ts', action: 'create' },
      { path: 'src/dir', action: 'create' },
      { path: 'src/b.ts', action: 'modify' },
    ]);
  });

  it('may stand in any column, several in a cell', () => {
    const plan =
      '## Files to Create/Modify\n| Change | File |\n|--|--|\n| Edit | `a/b.ts`, `a/c.ts` |\n| Add | Makefile |\n';
    expect(plannedFiles(plan)).toEqual([
      { path: 'a/b.ts', action: 'modify' },
      { path: 'a/c.ts', action: 'modify' },
      { path: 'Makefile', action: 'create' },
    ]);
  });

  it('are none without such a section', () => {
    expect(plannedFiles('# Plan\n\n- `src/a.ts`\n')).toEqual([]);
  });
});

describe('what a feature needs', () => {
  it('is on lines "Depends on", however they are dressed, and not in code', () => {
    const text =
      '**Depends on:** `user-auth`, feature/billing and reports.\n- Depends on: search\n```\nDepends on: x\n```\nIt depends on: luck';
    expect(dependsOnLines(text)).toEqual(['user-auth', 'billing', 'reports', 'search']);
    expect(dependsOnLines('Depends on: search-and-filter, and login and and-more')).toEqual([
      'search-and-filter',
      'login',
      'and-more',
    ]);
  });

  it('may be named: a slug of one word only where it is clearly meant', () => {
    const names = (spec: string) => read({ spec }).names;
    expect(names('Shows what user-auth knows.')).toEqual(['user-auth']);
    expect(names('See feature_user-auth/FEATURE_SPEC.md and super-user-auth-x')).toEqual(['user-auth']);
    expect(names('super-user-auth, user-auth-2, src/user-auth.ts')).toEqual([]);
    expect(names('The billing is quick.')).toEqual([]);
    expect(names('The billing feature, the dashboard')).toEqual(['billing']);
    expect(names('Needs `billing`.')).toEqual(['billing']);
  });
});

describe('the size of a feature', () => {
  it('counts stories, criteria, test themes and files', () => {
    const spec = '## Test Themes\n\n- One\n- Two\n\n## Change Log\n- x\n';
    const stories = [
      '**AC-1** a\n- AC-2: b, see AC-1\n',
      '## Acceptance Criteria\n- [ ] a\n  - more\n- b\n\n## Notes\n- c\n',
    ];
    const plan = '## Files to Create\n- `a.ts`\n- `test/a.test.ts`\n';
    expect(read({ spec, stories, plan })).toMatchObject({ stories: 2, criteria: 4, tests: 2 });
    expect(read({ plan })).toMatchObject({ tests: 1, files: [{ path: 'a.ts' }, { path: 'test/a.test.ts' }] });
  });
});
