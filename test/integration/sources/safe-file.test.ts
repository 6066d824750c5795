import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTextInside, resolvePlannedInside } from '../../../src/sources/files/safe-file.js';
import { temporaryFolder, writeFiles } from '../../support/runs/plan-folder.js';

describe('reading a file inside the repository', () => {
  it('gives its text without a byte order mark', async () => {
    const root = await temporaryFolder();
    await writeFiles(root, { 'a/b.txt': '\ufeffgrüße\n' });
    expect(await readTextInside(root, join(root, 'a/b.txt'))).toEqual({
      kind: 'text',
      path: join(root, 'a/b.txt'),
      text: 'grüße\n',
    });
  });

  it('does not wait for a pipe', async () => {
    const root = await temporaryFolder();
    execFileSync('mkfifo', [join(root, 'pipe')]);
    expect(await readTextInside(root, join(root, 'pipe'))).toMatchObject({
      kind: 'refused',
      problem: 'is not a regular file',
    });
  });

  it('follows a link inside and refuses one that leads out, in whatever part of the path', async () => {
    const [root, outside] = [await temporaryFolder(), await temporaryFolder()];
    await writeFiles(root, { 'real/a.txt': 'a' });
    await writeFiles(outside, { 'a.txt': 'secret' });
    await symlink(join(root, 'real'), join(root, 'inside'));
    await symlink(outside, join(root, 'out'));
    await symlink('loop', join(root, 'loop'));
    expect(await readTextInside(root, join(root, 'inside/a.txt'))).toMatchObject({
      kind: 'text',
      path: join(root, 'real/a.txt'),
    });
    expect(await readTextInside(root, join(root, 'out/a.txt'))).toMatchObject({ kind: 'refused' });
    expect(await readTextInside(root, join(root, 'loop'))).toEqual({ kind: 'missing' });
    expect(await resolvePlannedInside(root, join(root, 'out/new/deep'))).toMatchObject({ kind: 'refused' });
    expect(await resolvePlannedInside(root, join(root, 'inside/new'))).toEqual({
      kind: 'inside',
      path: join(root, 'real/new'),
    });
  });

  it('refuses a neighbour whose name begins like the repository', async () => {
    const root = await temporaryFolder();
    await writeFiles(root, { 'shop/a.txt': 'a', 'shop-secrets/a.txt': 'b' });
    expect(await readTextInside(join(root, 'shop'), join(root, 'shop-secrets/a.txt'))).toMatchObject({
      kind: 'refused',
    });
  });
});
