import { describe, expect, it } from 'vitest';
import { dependsOnLines, readFeature, type FeatureDocuments } from '../../../../src/core/features/feature.js';
import { plannedFiles } from '../../../../src/core/features/implementation-plan.js';

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
  it('are the rows of the table that create or modify, not those that come to be at run time', () => {
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

  const place = (tree: readonly string[], root = '/home/ada/app') => ({
    root,
    has: (path: string) => tree.includes(path),
  });
  const paths = (plan: string, tree: readonly string[] = []) =>
    plannedFiles(plan, place(tree)).map(({ path, action }) => `${action} ${path}`);

  it.each([
    [
      'numbered headings',
      '## Files to Create\n\n### 1. `server/src/app.ts`\n\nThe entry, see `server/src/no.ts`.\n',
      ['create server/src/app.ts'],
    ],
    [
      'headings without marks',
      '## File Changes\n### Modify server/src/app.ts\n- adds `server/no.ts`\n',
      ['modify server/src/app.ts'],
    ],
    [
      'bold lines',
      '## New Files\n\n**server/src/a.ts**\nText.\n\n**`server/src/b.ts`** (new)\n',
      ['create server/src/a.ts', 'create server/src/b.ts'],
    ],
    [
      'bold items',
      '## Files Modified\n1. **server/src/a.ts**: route\n2. **`server/src/b.ts`** - view\n',
      ['modify server/src/a.ts', 'modify server/src/b.ts'],
    ],
    [
      'items below a word',
      '## Files\n\n**Create:**\n- `a/x.ts`\n\n**Modify:**\n- `a/y.ts`\n',
      ['create a/x.ts', 'modify a/y.ts'],
    ],
    [
      'items below an item',
      '## Affected Files\n- Create\n  - `a/x.ts`\n    - uses `a/no.ts`\n- Modify\n  - a/y.ts\n',
      ['create a/x.ts', 'modify a/y.ts'],
    ],
    [
      'check boxes',
      '## Files to Create/Modify\n- [ ] `a/x.ts` (new)\n- [x] a/y.ts - edit\n',
      ['create a/x.ts', 'modify a/y.ts'],
    ],
    [
      'several in an item',
      '## Files to Modify\n- `a/x.ts`, `a/y.ts` and `a/z.ts`: imports of `a/no.ts`\n',
      ['modify a/x.ts', 'modify a/y.ts', 'modify a/z.ts'],
    ],
    [
      'links',
      '## Files to Modify\n- [a/x.ts](../../../a/x.ts): x\n- [`a/y.ts`](a/y.ts)\n',
      ['modify a/x.ts', 'modify a/y.ts'],
    ],
    [
      'a table with bold heads',
      '## Modified Files\n| **File** | **Changes** |\n|---|---|\n| `a/x.ts` | route wiring |\n| a/y.ts | New view |\n',
      ['modify a/x.ts', 'create a/y.ts'],
    ],
    [
      'code blocks',
      '## Files to Create\n```\na/x.ts\na/y.ts  # routes\nimport z from "./z.ts"\n```\n',
      ['create a/x.ts', 'create a/y.ts'],
    ],
    [
      'a drawn tree',
      '## File Structure\n```\nsrc/\n├── app.ts          # modified\n└── users/\n    ├── index.ts    # new\n    └── view.ts\n```\n',
      ['modify src/app.ts', 'create src/users/index.ts', 'modify src/users/view.ts'],
    ],
    [
      'places in files',
      '## Files to Modify\n- `a/x.ts:12-30`\n- `a/y.ts#L4`\n- `app/(group)/page.tsx`\n',
      ['modify a/x.ts', 'modify a/y.ts', 'modify app/(group)/page.tsx'],
    ],
    ['nothing', '## Files to Create\n- None\n- `none`\n\n## Files not to change\n- `a/x.ts`\n', []],
  ])('may be written as %s', (_, plan, files) => {
    expect(paths(plan)).toEqual(files);
  });

  it.each([
    ['/workspaces/app/server/src/app.ts', [], 'server/src/app.ts'],
    ['/workspaces/other-name/server/src/app.ts', [], 'server/src/app.ts'],
    ['/workspaces/app/server/src/app.ts', ['src'], 'server/src/app.ts'],
    ['/srv/checkouts/42/server/src/new.ts', ['server', 'server/src'], 'server/src/new.ts'],
    ['/home/ada/app/server/a.ts', [], 'server/a.ts'],
    ['/Users/bob/code/App/server/a.ts', [], 'server/a.ts'],
    ['C:\\Users\\bob\\app\\server\\a.ts', [], 'server/a.ts'],
    ['server\\src\\a.ts', [], 'server/src/a.ts'],
    ['~/code/app/server/a.ts', [], 'server/a.ts'],
    ['/workspaces/app/package.json', ['package.json'], 'package.json'],
    ['/workspaces/x/package.json', ['package.json'], 'package.json'],
    ['/src/a.ts', ['src'], 'src/a.ts'],
    ['/workspace/lib/a.ts', [], 'lib/a.ts'],
    ['app/server/a.ts', ['server'], 'server/a.ts'],
    ['app/server/a.ts', ['app'], 'app/server/a.ts'],
    ['./server/a.ts', [], 'server/a.ts'],
  ])('means by %j with %j there %j', (written, tree, path) => {
    expect(paths(`## Files to Modify\n- \`${written}\`\n`, tree)).toEqual([`modify ${path}`]);
    expect(paths(`## Files to Modify\n| File | Action |\n|--|--|\n| ${written} | Edit |\n`, tree)).toEqual([
      `modify ${path}`,
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
