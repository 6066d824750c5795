import { describe, expect, it } from 'vitest';
import {
  crowdedFolders,
  floorViolations,
  importCircles,
  sharedNames,
  type SourceFile,
} from '../support/sources/import-floors.js';
import { sourceFiles, testFiles } from '../support/sources/source-files.js';

describe('the sources', { timeout: 30_000 }, () => {
  it('keep to the import floors', () => {
    const files = sourceFiles();
    expect(files.length).toBeGreaterThan(0);
    expect(floorViolations(files)).toEqual([]);
  });

  it('import in no circle', () => {
    expect(importCircles(sourceFiles())).toEqual([]);
  });

  it('are in folders of at most 25 files, as the tests are', () => {
    const sources = sourceFiles().map(({ path }) => path);
    const tests = testFiles();
    expect(tests.length).toBeGreaterThan(0);
    expect(crowdedFolders([...sources, ...tests])).toEqual([]);
  });

  it('have a name of their own each', () => {
    expect(sharedNames(sourceFiles().map(({ path }) => path))).toEqual([]);
  });
});

describe('the floor check', () => {
  it.each([
    ['src/core/base/a.ts', `import { b } from '../../git/door/b.js';`, 'core/ (floor 0) may not import git (floor 1)'],
    [
      'src/git/door/a.ts',
      `import { b } from '../../store/files/b.js';`,
      'git/ (floor 1) may not import store (floor 1)',
    ],
    ['src/tools/a.ts', `import type { B } from '../supervisor/b.js';`, 'may not import supervisor'],
    ['src/supervisor/run/a.ts', `export * from '../../tools/b.js';`, 'may not import tools'],
    ['src/mcp/a.ts', `const b = await import('../cli/b.js');`, 'may not import cli'],
    ['src/store/files/a.ts', `export { b } from '../../cli/b.js';`, 'may not import cli'],
    ['src/store/files/a.ts', `import '../../markdown.js';`, 'not in a folder of a floor'],
    ['src/cli/a.ts', `import { b } from '../../test/support/b.js';`, 'outside src/'],
    ['src/cli/a.ts', `import { execa } from 'execa';`, 'only process/ may'],
    ['src/process/base/a.ts', `import { simpleGit } from 'simple-git';`, 'only git/ may'],
    ['src/supervisor/run/a.ts', `import { lock } from 'proper-lockfile';`, 'only store/ may'],
    ['src/store/files/a.ts', `import { execFile } from 'node:child_process';`, 'only git/ and process/ may'],
    ['src/store/files/a.ts', `import { execFile } from 'child_process';`, 'only git/ and process/ may'],
    ['src/tools/a.ts', `import { Server } from '@modelcontextprotocol/sdk/server/index.js';`, 'only mcp/ may'],
    ['src/core/base/a.ts', `import { readFile } from 'node:fs/promises';`, 'core/ is pure'],
    ['src/core/base/a.ts', `import { readFileSync } from 'fs';`, 'core/ is pure'],
    ['src/core/base/a.ts', `import writeFile from 'write-file-atomic';`, 'core/ is pure'],
  ])('refuses, in %s, %s', (path, text, why) => {
    expect(floorViolations([{ path, text }])).toEqual([expect.stringContaining(why)]);
  });

  it('refuses a folder that has no floor', () => {
    expect(floorViolations([{ path: 'src/utils/a.ts', text: '' }])).toEqual([
      'src/utils/a.ts: not in a folder of a floor',
    ]);
    expect(floorViolations([{ path: 'src/a.ts', text: '' }])).toHaveLength(1);
  });

  it('refuses a file in no room of its floor', () => {
    expect(floorViolations([{ path: 'src/core/a.ts', text: '' }])).toEqual(['src/core/a.ts: not in a room of core/']);
    expect(floorViolations([{ path: 'src/git/misc/a.ts', text: '' }])).toHaveLength(1);
  });

  it('refuses an import of a room above, and accepts one of a room below', () => {
    const upward = { path: 'src/core/text/a.ts', text: `import type { P } from '../plan/p.js';` };
    expect(floorViolations([upward])).toEqual([
      'src/core/text/a.ts imports ../plan/p.js: core/text/ may not import core/plan/, which is above it',
    ]);
    const across = { path: 'src/core/agents/command/a.ts', text: `import { b } from '../claude/b.js';` };
    expect(floorViolations([across])).toHaveLength(1);
    expect(floorViolations([{ path: 'src/core/plan/a.ts', text: `import { b } from '../text/b.js';` }])).toEqual([]);
  });

  it('refuses circles of imports, also of types', () => {
    const files = [
      { path: 'src/core/base/a.ts', text: `import type { B } from './b.js';` },
      { path: 'src/core/base/b.ts', text: `export { c } from './c.js';` },
      { path: 'src/core/base/c.ts', text: `import { a } from './a.js';` },
    ];
    expect(importCircles(files)).toEqual([
      'src/core/base/a.ts -> src/core/base/b.ts -> src/core/base/c.ts -> src/core/base/a.ts',
    ]);
    expect(importCircles(files.slice(0, 2))).toEqual([]);
  });

  it('refuses a crowded folder and a name that two files have', () => {
    const many = Array.from({ length: 26 }, (_, index) => `src/core/base/f${String(index)}.ts`);
    expect(crowdedFolders(many)).toEqual(['src/core/base: 26 files']);
    expect(crowdedFolders(many.slice(1))).toEqual([]);
    expect(sharedNames(['src/core/a.ts', 'src/git/a.ts', 'src/git/b.ts'])).toEqual([
      'a.ts: src/core/a.ts, src/git/a.ts',
    ]);
  });

  it('accepts imports that go down, stay in the folder, or use a door from its own folder', () => {
    const files: SourceFile[] = [
      {
        path: 'src/core/base/a.ts',
        text: `import { z } from 'zod'; import { join } from 'node:path'; import './b.js';`,
      },
      { path: 'src/core/base/worker.ts', text: `import rules from '../../../agents/worker.md';` },
      {
        path: 'src/git/door/a.ts',
        text: `import { execFile } from 'node:child_process'; import { simpleGit } from 'simple-git';`,
      },
      {
        path: 'src/process/base/a.ts',
        text: `import { execa } from 'execa'; import type { B } from '../../core/base/b.js';`,
      },
      {
        path: 'src/tools/a.ts',
        text: `import { b } from '../store/files/b.js'; import { c } from '../core/base/c.js';`,
      },
      { path: 'src/cli/a.ts', text: `import { b } from '../tools/b.js'; import { Command } from 'commander';` },
    ];
    expect(floorViolations(files)).toEqual([]);
  });
});
