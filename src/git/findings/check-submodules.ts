import { join } from 'node:path';
import type { Finding } from '../../core/held/finding.js';
import { submoduleDoubts, type Doubt, type Submodules } from '../../core/held/gitlinks.js';
import { modulesOf, resolvedUrl, shownUrl, type ModuleFault } from '../../core/held/gitmodules.js';
import type { PlannedTask } from '../../core/plan/plan.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { printable } from '../../core/text/untrusted-text.js';
import { foldersWithCommit, remoteHasCommit } from '../held/remote-commit.js';
import { gitFolderOf, ownUrl, readGitmodules, remotesOf } from '../held/submodules.js';
import { GITLINK_MODE, specialEntries } from '../held/tree-entries.js';
import type { Brought, HeldRun } from './brought-work.js';
import { gitAt, takeBackCommands, worktreeCommands } from './mending.js';

/**
 * Submodules that a clone would not get: not listed, listed in a way git refuses, or at a commit that is not published.
 */
export async function submoduleFindings(run: HeldRun, task: PlannedTask, brought: Brought): Promise<Finding[]> {
  const touched = brought.differences.some(
    ({ oldMode, newMode, path }) => oldMode === GITLINK_MODE || newMode === GITLINK_MODE || path === '.gitmodules',
  );
  if (!touched) return [];
  const [before, after] = await Promise.all([submodulesOf(run, brought.onto), submodulesOf(run, brought.commit)]);
  const findings: Finding[] = [];
  for (const doubt of submoduleDoubts(before, after)) {
    const finding = await findingOf(run, task, { doubt, brought, before });
    if (finding !== null) findings.push(finding);
  }
  return findings;
}

async function submodulesOf({ repo }: HeldRun, commit: string): Promise<Submodules> {
  const [entries, settings] = await Promise.all([specialEntries(repo, commit), readGitmodules(repo, commit)]);
  const links = entries.filter(({ mode }) => mode === GITLINK_MODE);
  return {
    links: new Map(links.map(({ path, id }) => [path, id])),
    modules: settings === null ? null : modulesOf(settings),
  };
}

interface Context {
  readonly doubt: Doubt;
  readonly brought: Brought;
  readonly before: Submodules;
}

async function findingOf(
  run: HeldRun,
  task: PlannedTask,
  { doubt, brought, before }: Context,
): Promise<Finding | null> {
  switch (doubt.kind) {
    case 'unreadable':
      return {
        key: 'gitmodules unreadable',
        what: 'git cannot read .gitmodules',
        path: '.gitmodules',
        commands: takeBackCommands(task, '.gitmodules', before.modules?.length === 0 ? null : brought.onto),
      };
    case 'entry': {
      const { module, fault } = doubt;
      return {
        key: `gitmodules ${JSON.stringify(module)}`,
        what: `submodule ${printable(module.name)} in .gitmodules ${fault.why}`,
        path: '.gitmodules',
        commands: mendEntry(task, module.name, fault.setting),
      };
    }
    case 'unlisted':
      return unlisted(task, doubt, brought);
    case 'ask':
      return unfetchable(run, task, { doubt, before });
  }
}

function mendEntry(task: PlannedTask, name: string, setting: ModuleFault['setting']): string[] {
  const at = gitAt(task);
  const file = `${at} config -f ${shellQuote(join(task.worktree, '.gitmodules'))}`;
  const key = (variable: string): string => shellQuote(`submodule.${name}.${variable}`);
  const changes = {
    url: `${file} ${key('url')} <url>`, // a URL that clones can reach; only the user knows it
    update: `${file} --unset-all ${key('update')}`,
    whole: `${file} --remove-section ${shellQuote(`submodule.${name}`)}`,
  };
  const commit = `${at} commit -m ${shellQuote('Mend .gitmodules')} -- .gitmodules`;
  return [...worktreeCommands(task), changes[setting ?? 'whole'], commit];
}

async function unlisted(
  task: PlannedTask,
  { path, commit, wasListed }: Extract<Doubt, { kind: 'unlisted' }>,
  { differences, onto }: Brought,
): Promise<Finding> {
  if (wasListed) {
    return {
      key: `gitlink ${path} ${commit} unlisted`,
      what: `submodule ${printable(path)} is no longer listed in .gitmodules: a clone gets an empty folder`,
      path,
      commands: takeBackCommands(task, '.gitmodules', onto),
    };
  }
  const replaced = differences.filter((each) => each.path.startsWith(`${path}/`) && each.newMode === '000000').length;
  const also = replaced === 0 ? '' : `, in place of ${String(replaced)} tracked ${replaced === 1 ? 'file' : 'files'}`;
  const gitFolder = await gitFolderOf(join(task.worktree, path));
  const [remote] = gitFolder === null ? [] : await remotesOf(gitFolder);
  const [at, quoted] = [gitAt(task), shellQuote(path)];
  // --cached keeps the files in the folder.
  const commands =
    remote === undefined
      ? [`${at} rm -q --cached -- ${quoted}`, `${at} commit -m ${shellQuote(`Take out the repository ${path}`)}`]
      : [
          `${at} submodule add --force -- ${shellQuote(shownUrl(remote.url))} ${quoted}`,
          `${at} commit -m ${shellQuote(`List the submodule ${path}`)}`,
        ];
  return {
    key: `gitlink ${path} ${commit} unlisted`,
    what: `${printable(path)} is a nested repository at ${commit.slice(0, 12)} that .gitmodules does not list: a clone gets an empty folder${also}`,
    path,
    commands: [...worktreeCommands(task), ...commands],
  };
}

/** The key contains remote and commit, so that an approval stays valid. */
const seen = new Set<string>();

async function unfetchable(
  run: HeldRun,
  task: PlannedTask,
  { doubt, before }: { readonly doubt: Extract<Doubt, { kind: 'ask' }>; readonly before: Submodules },
): Promise<Finding | null> {
  const { path, commit, module } = doubt;
  const url = resolvedUrl(doubt.url, await ownUrl(run.repo, run.plan.base.branch, run.plan.root));
  const named = `submodule ${printable(path)} is at ${commit.slice(0, 12)}`;
  const key = `gitlink ${path} ${commit}`;
  if (url === null) {
    const what = `${named}, and its URL ${shownUrl(doubt.url)} does not resolve in this repository`;
    return { key: `${key} url`, what, path, commands: [] };
  }
  if (seen.has(`${url} ${commit}`)) return null;
  const folders = await gitFolders(run, task, { path, name: module.name });
  const objects = folders.map((folder) => join(folder, 'objects'));
  const answer = await remoteHasCommit(url, commit, objects);
  switch (answer.kind) {
    case 'has':
      seen.add(`${url} ${commit}`);
      return null;
    case 'unknown': {
      const what = `${named}, and its remote ${shownUrl(url)} could not be checked: ${answer.why}`;
      return { key: `${key} unknown`, what, path, commands: [`git ls-remote ${shellQuote(shownUrl(url))}`] };
    }
    case 'has_not': {
      const [holder] = await foldersWithCommit(commit, objects);
      const gitFolder = folders.find((folder) => join(folder, 'objects') === holder);
      if (gitFolder === undefined) {
        const what = `${named}, a commit that neither its remote ${shownUrl(url)} nor this machine has`;
        return { key: `${key} gone`, what, path, commands: putBack(task, path, before.links.get(path) ?? null) };
      }
      const remote = (await remotesOf(gitFolder)).find((each) => each.url === url || each.url === doubt.url);
      const to = remote?.name ?? shownUrl(url);
      const push = `push ${shellQuote(to)} ${commit}:${shellQuote(`refs/heads/${task.branch}`)}`;
      const inWorktree = (await gitFolderOf(join(task.worktree, path))) === gitFolder;
      const at = inWorktree ? `-C ${shellQuote(join(task.worktree, path))}` : `--git-dir=${shellQuote(gitFolder)}`;
      const what = `${named}, a commit that its remote ${shownUrl(url)} does not have`;
      return { key: `${key} missing`, what, path, commands: [`git ${at} ${push}`] };
    }
  }
}

function putBack(task: PlannedTask, path: string, commit: string | null): string[] {
  const [at, quoted] = [gitAt(task), shellQuote(path)];
  return [
    ...worktreeCommands(task),
    commit === null
      ? `${at} rm -q --cached -- ${quoted}`
      : `${at} update-index --cacheinfo 160000,${commit},${quoted} && ${at} submodule update -- ${quoted}`,
    `${at} commit -m ${shellQuote(`Put the submodule ${path} back`)}`,
  ];
}

/**
 * Where the submodule's commits may be stored locally: in the task's worktree, the main checkout, the shared git
 * folder.
 */
async function gitFolders(
  run: HeldRun,
  task: PlannedTask,
  { path, name }: { readonly path: string; readonly name: string },
): Promise<string[]> {
  const found = [
    await gitFolderOf(join(task.worktree, path)),
    await gitFolderOf(join(run.plan.root, path)),
    join(run.repo.commonDir, 'modules', name),
  ];
  return [...new Set(found.filter((folder) => folder !== null))];
}
