import { describe, expect, it } from 'vitest';
import { floorViolations, type SourceFile } from '../support/import-floors.js';
import { sourceFiles } from '../support/source-files.js';

describe('the sources', () => {
  it('keep to the import floors', () => {
    const files = sourceFiles();
    expect(files.length).toBeGreaterThan(0);
    expect(floorViolations(files)).toEqual([]);
  });
});

describe('the floor check', () => {
  it.each([
    ['src/core/a.ts', `import { b } from '../git/b.js';`, 'core/ (floor 0) may not import git (floor 1)'],
    ['src/git/a.ts', `import { b } from '../store/b.js';`, 'git/ (floor 1) may not import store (floor 1)'],
    ['src/tools/a.ts', `import type { B } from '../supervisor/b.js';`, 'may not import supervisor'],
    ['src/supervisor/a.ts', `export * from '../tools/b.js';`, 'may not import tools'],
    ['src/mcp/a.ts', `const b = await import('../cli/b.js');`, 'may not import cli'],
    ['src/store/a.ts', `export { b } from '../cli/b.js';`, 'may not import cli'],
    ['src/store/a.ts', `import '../markdown.js';`, 'not in a folder of a floor'],
    ['src/cli/a.ts', `import { b } from '../../test/support/b.js';`, 'outside src/'],
    ['src/cli/a.ts', `import { execa } from 'execa';`, 'only process/ may'],
    ['src/process/a.ts', `import { simpleGit } from 'simple-git';`, 'only git/ may'],
    ['src/supervisor/a.ts', `import { lock } from 'proper-lockfile';`, 'only store/ may'],
    ['src/store/a.ts', `import { execFile } from 'node:child_process';`, 'only git/ and process/ may'],
    ['src/store/a.ts', `import { execFile } from 'child_process';`, 'only git/ and process/ may'],
    ['src/tools/a.ts', `import { Server } from '@modelcontextprotocol/sdk/server/index.js';`, 'only mcp/ may'],
    ['src/core/a.ts', `import { readFile } from 'node:fs/promises';`, 'core/ is pure'],
    ['src/core/a.ts', `import { readFileSync } from 'fs';`, 'core/ is pure'],
    ['src/core/a.ts', `import writeFile from 'write-file-atomic';`, 'core/ is pure'],
  ])('refuses, in %s, %s', (path, text, why) => {
    expect(floorViolations([{ path, text }])).toEqual([expect.stringContaining(why)]);
  });

  it('refuses a folder that has no floor', () => {
    expect(floorViolations([{ path: 'src/utils/a.ts', text: '' }])).toEqual([
      'src/utils/a.ts: not in a folder of a floor',
    ]);
    expect(floorViolations([{ path: 'src/a.ts', text: '' }])).toHaveLength(1);
  });

  it('accepts imports that go down, stay in the folder, or use a door from its own folder', () => {
    const files: SourceFile[] = [
      { path: 'src/core/a.ts', text: `import { z } from 'zod'; import { join } from 'node:path'; import './b.js';` },
      { path: 'src/core/worker.ts', text: `import rules from '../../agents/worker.md';` },
      {
        path: 'src/git/a.ts',
        text: `import { execFile } from 'node:child_process'; import { simpleGit } from 'simple-git';`,
      },
      { path: 'src/process/a.ts', text: `import { execa } from 'execa'; import type { B } from '../core/b.js';` },
      { path: 'src/tools/a.ts', text: `import { b } from '../store/b.js'; import { c } from '../core/c.js';` },
      { path: 'src/cli/a.ts', text: `import { b } from '../tools/b.js'; import { Command } from 'commander';` },
    ];
    expect(floorViolations(files)).toEqual([]);
  });
});
