import { mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fastForward, findCheckout } from '../../../src/git/checkout/checkout.js';
import { openRepository } from '../../../src/git/door/repository.js';
import { listWorktrees } from '../../../src/git/worktrees/worktrees.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';

/** Each moves the repository of the test to another layout and gives the checkout to work in. */
const LAYOUTS: Readonly<Record<string, (test: TestRepository) => Promise<string>>> = {
  submodule: async (test) => {
    const outer = join(test.root, '..', 'outer');
    await mkdir(outer);
    await test.git(['init', '--quiet'], outer);
    await test.git(['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', test.root, 'inner'], outer);
    return join(outer, 'inner');
  },
  'separate git folder': async (test) => {
    await test.git(['init', '--quiet', `--separate-git-dir=${join(test.root, '..', 'elsewhere')}`]);
    return test.root;
  },
  'symbolic link to the git folder': async (test) => {
    await rename(join(test.root, '.git'), join(test.root, '..', 'store'));
    await symlink('../store', join(test.root, '.git'));
    return test.root;
  },
};

it.each(Object.keys(LAYOUTS))('the main checkout of a %s is found and its branch forwarded', async (name) => {
  const test = await createRepository({ files: { 'a.txt': 'a\n' } });
  onTestFinished(() => test.remove());
  const from = await test.git(['rev-parse', 'HEAD']);
  const checkout = await LAYOUTS[name]?.(test);
  if (checkout === undefined) throw new Error(`no layout ${name}`);
  const repo = await openRepository(checkout);
  const branch = await test.git(['symbolic-ref', '--short', 'HEAD'], checkout);
  await test.git(['switch', '--quiet', '-c', 'work'], checkout);
  await test.git(
    ['-c', 'user.name=T', '-c', 'user.email=t@example.invalid', 'commit', '--quiet', '--allow-empty', '-m', 'work'],
    checkout,
  );
  const to = await test.git(['rev-parse', 'HEAD'], checkout);
  await test.git(['switch', '--quiet', branch], checkout);
  expect((await listWorktrees(repo)).map(({ path }) => path)).toEqual([repo.root]);
  expect(await findCheckout(repo, branch)).toBe(repo.root);
  expect(await fastForward(repo, { branch, from, to })).toEqual({ kind: 'advanced' });
  expect(await test.git(['status', '--porcelain'], checkout)).toBe('');
});
