import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const PROJECT = resolve(import.meta.dirname, '../../..');

/**
 * A `git clone` of this project into `<folder>/clone`, as if the work in progress had been committed: nobody's commit
 * changes, and what git does not know (node_modules) is not in it. Returns its path. `folder` is the test's own.
 */
export async function cloneProject(folder: string): Promise<string> {
  const origin = join(folder, 'origin.git');
  const clone = join(folder, 'clone');
  const exclude = resolve(PROJECT, await git(PROJECT, 'rev-parse', '--git-path', 'info/exclude'));
  await git(folder, 'clone', '--quiet', '--bare', PROJECT, origin);
  // The origin's own index is empty: what is added is what a commit of everything here would contain.
  const working = ['--git-dir', origin, '--work-tree', PROJECT, '-c', `core.excludesFile=${exclude}`];
  await git(PROJECT, ...working, 'add', '--all');
  const tree = await git(PROJECT, ...working, 'write-tree');
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid'];
  const commit = await git(origin, ...author, 'commit-tree', '-p', 'HEAD', '-m', 'Work in progress', tree);
  await git(origin, 'update-ref', 'HEAD', commit);
  await git(folder, 'clone', '--quiet', origin, clone);
  return clone;
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
  const { stdout } = await promisify(execFile)('git', args, { cwd, env, maxBuffer: 16 * 1024 * 1024 });
  return stdout.trim();
}
