import { describe, expect, it } from 'vitest';
import { FAILPOINTS } from '../../src/core/base/failpoint.js';
import { sourceFiles } from '../support/sources/source-files.js';
import { effectsWithoutFailpoints, failpointCalls } from '../support/faults/source-failpoints.js';

/** Effects without failpoints of their own, by the reason. A line that fits nothing any more fails the test, too. */
const WITHOUT: Readonly<Record<string, readonly string[]>> = {
  'the caller has them around its call': [
    'src/git/checkout/interrupted-forward.ts#removeNewFiles git update-index',
    'src/git/checkout/interrupted-forward.ts#removeNewFiles rm',
    'src/git/checkout/interrupted-forward.ts#removeNewFiles rmdir',
    'src/git/checkout/interrupted-forward.ts#restoreOldFiles git checkout',
    'src/git/door/trash.ts#removeFolder rm',
    'src/process/attempts/attempt.ts#stopThroughShim killTree',
    'src/process/attempts/attempt.ts#stopThroughShim stopTree',
    'src/store/journal/journal.ts#keepTornBytes copy.writeFile',
    'src/store/journal/journal.ts#writeWhole writeSync',
    'src/store/logs/log-links.ts#linkIfAbsent symlink',
    'src/store/logs/log-links.ts#replaceLink rename',
    'src/store/logs/pipeline-log.ts#writeAt file.truncate',
    'src/store/logs/pipeline-log.ts#writeAt file.write',
    'src/git/kept/move-aside.ts#move rename',
    'src/git/kept/move-aside.ts#move writeFile',
    'src/git/worktrees/worktree-tree.ts#addEverything git add',
    'src/git/worktrees/worktree-tree.ts#restoreFromHead git reset',
  ],
  'a file or an index of its own, which counts only once it is published': [
    'src/git/door/attributes.ts#attributeOf git read-tree',
    'src/git/door/attributes.ts#attributeOf rm',
    'src/git/held/remote-commit.ts#foldersWithCommit git init',
    'src/git/held/remote-commit.ts#foldersWithCommit rm',
    'src/git/held/remote-commit.ts#remoteHasCommit git init',
    'src/git/held/remote-commit.ts#remoteHasCommit rm',
    'src/git/held/remote-commit.ts#within git ?',
    'src/git/merge/merge-attributes.ts#inAttributes rm',
    'src/git/merge/merge-attributes.ts#writeAttributes writeFile',
    'src/git/merge/merge-in-scratch.ts#mergeInScratchFolder git update-index',
    'src/git/merge/merge-in-scratch.ts#mergeInScratchFolder git merge-recursive',
    'src/git/merge/merge-in-scratch.ts#mergeInScratchFolder git read-tree',
    'src/git/merge/merge-in-scratch.ts#mergeInScratchFolder git write-tree',
    'src/git/merge/merge-in-scratch.ts#mergeInScratchFolder rm',
    'src/git/merge/merge-tree.ts#mergeTree git ?',
    'src/git/merge/merge-tree.ts#mergeTreesIn git ?',
    'src/git/worktrees/worktree-tree.ts#copyIndex copyFile',
    'src/git/worktrees/worktree-tree.ts#withOwnIndex git read-tree',
    'src/git/worktrees/worktree-tree.ts#withOwnIndex git write-tree',
    'src/git/worktrees/worktree-tree.ts#watchAgain git update-index',
    'src/git/worktrees/worktree-tree.ts#withOwnIndex rm',
    'src/git/worktrees/raw-content.ts#indexRawContent git update-index',
    'src/process/attempts/attempt-files.ts#writeWhole writeFileSync',
    'src/process/programs/run-program.ts#openTemporary rm',
    'src/sources/manifest/write-execution.ts#replace file.writeFile',
    'src/store/files/atomic-file.ts#withTemporary file.writeFile',
    'src/store/lock/lock.ts#silenceMs rm',
    'src/store/lock/lock.ts#silenceMs writeFile',
  ],
  'whoever looks at the worktree next does it again': [
    'src/git/worktrees/damaged-index.ts#renewDamagedIndex copyFile',
    'src/git/worktrees/damaged-index.ts#renewDamagedIndex git read-tree',
    'src/git/worktrees/damaged-index.ts#renewDamagedIndex rename',
    'src/git/worktrees/damaged-index.ts#renewDamagedIndex rm',
  ],
  // Killed before it, a request is done later, as one whose sender was killed always was.
  'its sender has not been told yet': ['src/store/runs/request-files.ts#withdrawRequest rm'],
  'nobody relies on it': [
    'src/process/base/arm-failpoint.ts#armFailpoint appendFileSync',
    'src/process/programs/keep-awake.ts#keepAwake spawn',
    'src/store/logs/agent-output.ts#dropRawOutput rm',
    'src/store/lock/lock-generations.ts#removeIfAbandoned rm',
    'src/store/lock/owned-lease.ts#beat writeFile',
    'src/store/runs/runs.ts#removeIfAbandoned rm',
    'src/store/runs/setup-processes.ts#forgetSetupProcesses rm',
    'src/store/runs/start-answers.ts#removeOldStarts rm',
    'src/supervisor/supervisor.ts#<main> appendFileSync',
    'src/supervisor/run/scratch-worktrees.ts#removeIfEmpty rmdir',
    'src/tools/context/repository-context.ts#takeOverOthers writeFile',
  ],
  'left by something that was killed, and not looked for any more': ['src/store/old-runs/old-home.ts#moveOldRuns rm'],
  'its only caller has them around its calls': ['src/store/old-runs/old-home.ts#removeIfEmpty rmdir'],
  'a document for people, which the same command writes again': ['src/sources/files/document.ts#writeDocument rename'],
  'a command of the user’s, in a worktree that is made again': [
    'src/process/trees/end-left-behind.ts#endLeftBehind stopTree',
    'src/process/programs/run-program.ts#runProgram execa',
    'src/process/programs/run-program.ts#stopAfter stopTree',
    'src/process/programs/run-program.ts#stopLeftBehind stopTree',
  ],
  'asks another program, whose changes its callers make sure of by asking again': [
    'src/process/programs/ask-program.ts#askProgram spawn',
  ],
  'a program for the person at the terminal, who ends it': ['src/process/programs/foreground.ts#runInForeground execa'],
  'made right by whoever comes to use it': [
    'src/git/kept/mend-pointer.ts#mendPointer writeFile',
    'src/git/settings/common-folder.ts#linkOnce rmSync',
    'src/git/settings/pin.ts#replace rename',
    'src/git/surroundings/hook-memory.ts#pinHooks write',
    'src/git/surroundings/hook-memory.ts#replace rename',
    'src/git/surroundings/hook-memory.ts#settleHooks write',
    'src/git/worktrees/worktrees.ts#straightenPointer writeFile',
    'src/git/settings/common-folder.ts#writeOnce renameSync',
    'src/git/settings/common-folder.ts#provideCommonFolder rmSync',
  ],
  'the reason of the lock says the same until it is there': [
    'src/git/worktrees/own-worktree.ts#markOwn writeFile',
    'src/git/worktrees/own-worktree.ts#unmarkOwn rm',
  ],
  'reads only': [
    'src/git/kept/nested-git.ts#withoutItsSettings git ?',
    'src/git/settings/read-settings.ts#readSettings git ?',
  ],
  'reached only with a full disk': ['src/store/journal/journal.ts#takeBack ftruncateSync'],
};

describe('failpoints', { timeout: 30_000 }, () => {
  const files = sourceFiles();

  it('are listed exactly as the sources reach them', () => {
    const reached = failpointCalls(files).map(({ name }) => name);
    expect([...new Set(reached)].sort()).toEqual([...FAILPOINTS].sort());
    expect(new Set(FAILPOINTS).size).toBe(FAILPOINTS.length);
  });

  it('are before and after everything that outlives the process', () => {
    expect(effectsWithoutFailpoints(files)).toEqual(Object.values(WITHOUT).flat().sort());
  });
});

describe('the check for failpoints', () => {
  const check = (path: string, text: string): string[] => effectsWithoutFailpoints([{ path, text }]);

  it.each([
    ['src/store/a.ts', `async function f() { await rename(temporary, path); }`, 'f rename'],
    ['src/store/a.ts', `async function f() { failpoint('a'); await rename(temporary, path); }`, 'f rename'],
    ['src/store/a.ts', `class A { async f() { await this.file.truncate(1); } }`, 'f this.file.truncate'],
    ['src/store/a.ts', `async function f() { await publishOnce(path, text); }`, 'f publishOnce'],
    ['src/git/a.ts', `async function f() { await git(['update-ref', ref, to], { cwd }); }`, 'f git update-ref'],
    ['src/git/a.ts', `async function f() { const args = ['-c', 'a=b', 'gc']; await tryGit(args, o); }`, 'f git gc'],
    ['src/git/a.ts', `async function f(args) { await git([...args, 'log'], o); }`, 'f git ?'],
    ['src/git/a.ts', `async function f(args) { await git(args, o); }`, 'f git ?'],
    ['src/process/a.ts', `function f() { return new Promise((done) => spawn(program, [])); }`, 'f spawn'],
  ])('misses them in %s: %s', (path, text, what) => {
    expect(check(path, text)).toEqual([`${path}#${what}`]);
  });

  it('is content with one on each side, with reading, and with temporary files', () => {
    expect(check('src/git/a.ts', `function f() { failpoint('a'); git(['gc'], o); failpoint('b'); }`)).toEqual([]);
    expect(
      check('src/git/a.ts', `function f() { const a = ['rev-parse', 'x']; return git(['-c', b, ...a], o); }`),
    ).toEqual([]);
    expect(check('src/store/a.ts', `function f() { rm(temporary, { force: true }); }`)).toEqual([]);
  });

  it('sees names that are no literals', () => {
    expect(failpointCalls([{ path: 'src/store/a.ts', text: `failpoint(name); failpoint('a');` }])).toEqual([
      { path: 'src/store/a.ts', name: '' },
      { path: 'src/store/a.ts', name: 'a' },
    ]);
  });
});
