import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bundleProgram } from '../../support/programs/bundle-program.js';
import { temporaryRoot } from '../../support/runs/store-fixture.js';

describe('on a full disk', () => {
  it('the journal and the state files stay whole, and there is room again for what fits', async () => {
    const folder = await temporaryRoot();
    const program = await bundleProgram('disk-filler.ts', folder);
    // At most 16 blocks (8 or 16 KB, by shell) a file: write(2) takes a part, then fails, as on a full disk.
    const script = 'ulimit -f 16 && exec "$0" "$1" "$2"';
    const state = join(folder, 'state');
    const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, program, state]);
    const report: unknown = JSON.parse(stdout);
    expect(report).toMatchObject({ small: 'done', replaced: 'disk_full', text: 'before', tornBytes: 0 });
    const { appended, records } = report as { appended: number; records: number };
    expect(appended).toBeGreaterThan(1);
    expect(records).toBe(appended + 1);
    expect((await readdir(state)).sort()).toEqual(['journal.jsonl', 'state.json']);
  });
});
