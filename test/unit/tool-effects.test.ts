import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../support/sources/source-files.js';
import { EFFECTS, toolEffects } from '../support/sources/tool-effects.js';

const files = sourceFiles();

it('no tool moves, deletes or ends anything: it asks, and the supervisor does it', () => {
  expect(toolEffects(files.filter(({ path }) => path.startsWith('src/tools/')))).toEqual([]);
});

describe('the check for it', () => {
  it('lists only functions that exist', () => {
    const gone = Object.entries(EFFECTS).flatMap(([module, names]) => {
      if (module.startsWith('node:')) return [];
      const text = files.find(({ path }) => path === `${module}.ts`)?.text ?? '';
      return names.filter((name) => !new RegExp(`export (async )?function ${name}\\b`).test(text));
    });
    expect(gone).toEqual([]);
  });

  it.each([
    [`import { rm } from 'node:fs/promises';`, 'rm'],
    [`import * as fs from 'node:fs';`, '*'],
    [`import { deleteRef as drop, resolveCommit } from '../../git/refs/refs.js';`, 'deleteRef'],
    [`import { stopAttempt } from '../../process/attempts/attempt.js';`, 'stopAttempt'],
    [`process.kill(pid, 'SIGKILL');`, 'ends a process'],
    [`await processProbe.stop(holder.process, 2000);`, 'ends a process'],
  ])('finds %s', (text, what) => {
    expect(toolEffects([{ path: 'src/tools/run/a.ts', text }])).toEqual([`src/tools/run/a.ts: ${what}`]);
  });

  it('allows a tool to read', () => {
    const text = `import { resolveCommit } from '../../git/refs/refs.js'; process.kill(pid, 0);`;
    expect(toolEffects([{ path: 'src/tools/run/a.ts', text }])).toEqual([]);
  });
});
