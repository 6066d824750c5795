import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BdCall } from '../../../src/core/beads/bd-call.js';
import { nextCalls, stepsOf } from '../../../src/core/beads/next-calls.js';
import type { Report } from '../../../src/core/beads/reports.js';
import { agentEnvironment } from '../../../src/process/programs/agent-environment.js';
import { askProgram } from '../../../src/process/programs/ask-program.js';
import { beads, type BdOptions } from '../../../src/sources/beads/bd.js';
import { beadsIn, STAND_IN_BD, type Beads } from '../../support/beads/stand-in-beads.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';
import { hashFolder } from '../../support/git/folder-hash.js';
import { waitFor } from '../../support/waiting/wait-for.js';

let repository: TestRepository;
let user: Beads;
let epic: string;
let one: string;
let two: string;

beforeEach(async () => {
  repository = await createRepository({ files: { 'a.txt': 'a\n', '.gitignore': 'ignored/\n' } });
  user = await beadsIn(repository.root);
  epic = await user.create('Inventory', '-t', 'epic');
  one = await user.create('Schema', '--parent', epic, '-l', 'db', '-d', 'Make it');
  two = await user.create('Store', '--parent', epic);
  await user.bd(['dep', 'add', two, one]);
});
afterEach(async () => repository.remove());

function client(options: Partial<BdOptions> = {}) {
  const env = agentEnvironment({ PATH: process.env['PATH'], HOME: repository.root }, {});
  return beads({ program: STAND_IN_BD, root: repository.root, actor: 'o8:a@b', env, ask: askProgram, ...options });
}

function update(ids: readonly string[], change: Partial<Extract<BdCall, { kind: 'update' }>> = {}): BdCall {
  const nothing = { claim: false, status: null, unassign: false, addLabels: [], removeLabels: [] };
  return { kind: 'update', ids, ...nothing, ...change };
}

/** Everything of the user's in git, and the checkout but for what bd itself writes. */
async function kept(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const gitDir = await repository.git(['rev-parse', '--absolute-git-dir'], folder);
  return {
    files: await filesIn(folder),
    index: (await readFile(join(gitDir, 'index'))).toString('base64'),
    config: await readFile(join(repository.root, '.git/config'), 'utf8'),
    refs: await repository.git(['for-each-ref']),
    hooks: await hashFolder(join(repository.root, '.beads/hooks')),
    settings: await readFile(join(repository.root, '.beads/config.yaml'), 'utf8'),
  };
}

async function filesIn(folder: string): Promise<Record<string, string>> {
  const listed = await repository.git(['ls-files', '--others', '--cached', '-z', '--', ':!.beads'], folder);
  const paths = listed.split('\0').filter((path) => path !== '');
  const texts = await Promise.all(paths.map(async (path) => readFile(join(folder, path), 'utf8')));
  return Object.fromEntries(paths.map((path, at): [string, string] => [path, texts[at] ?? '']));
}

describe('the client of bd', () => {
  it('leaves index, checkout, hooks and settings as they were with every kind of call, here and in a linked worktree', async () => {
    await user.bd(['sync']);
    const worktree = join(repository.root, '../worktrees/x');
    await repository.git(['worktree', 'add', '--quiet', worktree]);
    await writeFile(join(repository.root, 'a.txt'), 'staged\n');
    await repository.git(['add', 'a.txt']);
    await writeFile(join(repository.root, 'a.txt'), 'changed\n');
    for (const root of [repository.root, worktree]) {
      const bd = client({ root });
      const before = [await kept(repository.root), await kept(worktree)];
      const exported = await readFile(join(repository.root, '.beads/issues.jsonl'), 'utf8');
      await bd.version();
      await bd.issues();
      await bd.readyIds();
      await bd.details(await bd.issues());
      const calls: BdCall[] = [
        update([one], { claim: true, status: 'in_progress', addLabels: ['phase:spawned'] }),
        update([one, two], { status: 'blocked', removeLabels: ['phase:spawned'] }),
        update([one, two], { status: 'open', unassign: true }),
        { kind: 'comment', id: one, text: `--not a flag\nof ${root}`, marker: `of ${root}` },
      ];
      for (const call of calls) expect((await bd.tell(call)).refused).toEqual([]);
      expect([await kept(repository.root), await kept(worktree)]).toEqual(before);
      expect(await readFile(join(repository.root, '.beads/issues.jsonl'), 'utf8')).not.toBe(exported);
    }
    await client().tell({ kind: 'close', ids: [one], reason: 'merged abc' });
    expect(await user.issue(one)).toMatchObject({ status: 'closed', close_reason: 'merged abc' });
    // The same by somebody else is seen: the comparison can fail.
    const before = await kept(repository.root);
    await user.bd(['update', two, '--priority', '0']);
    expect(await kept(repository.root)).not.toEqual(before);
  });

  it('gives issues with links, parents and comments, also of a version that leaves comments out of show', async () => {
    const bd = client();
    const issues = await bd.issues();
    expect(issues.map(({ id }) => id).sort()).toEqual([epic, one, two].sort());
    expect(issues.find(({ id }) => id === two)).toMatchObject({
      parent: epic,
      links: [
        { on: epic, type: 'parent-child' },
        { on: one, type: 'blocks' },
      ],
    });
    expect(await bd.readyIds()).toEqual([one, epic]);
    await user.bd(['comments', 'add', one, 'Mind the gap']);
    const gone = { id: 'demo-none', commentCount: 0 };
    for (const version of ['1.0.3', '1.3.1']) {
      await user.version(version);
      const details = await client().details([...(await client().issues()), gone]);
      expect(details).toHaveLength(3);
      expect(details.find(({ id }) => id === one)?.comments).toMatchObject([
        { text: 'Mind the gap', author: 'tester' },
      ]);
      expect(details.find(({ id }) => id === two)?.comments).toEqual([]);
      expect(await client().details([gone])).toEqual([]);
    }
    const asked = (await user.calls()).filter(({ argv }) => argv.includes('comments'));
    expect(asked.map(({ argv }) => argv.slice(-2))).toEqual([['comments', one]]);
  });

  it('is told of each issue what became of it, when others have claimed or blocked some', async () => {
    const bd = client();
    const three = await user.create('CLI', '--parent', epic);
    await user.bd(['--actor', 'somebody', 'update', three, '--claim']);
    expect(await bd.tell(update([one, three], { claim: true }))).toEqual({
      done: [one],
      refused: [{ id: three, why: `Error claiming ${three}: issue already claimed by somebody` }],
    });
    expect(await bd.tell(update([one], { claim: true }))).toEqual({ done: [one], refused: [] });
    expect(await bd.tell({ kind: 'close', ids: [two], reason: 'x' })).toMatchObject({
      done: [],
      refused: [{ id: two, why: expect.stringContaining('blocked by open issues') as string }],
    });
    expect(await bd.tell(update(['demo-none', two], { status: 'in_progress' }))).toMatchObject({
      done: [two],
      refused: [{ id: 'demo-none' }],
    });
    await expect(bd.tell(update(['--all']))).rejects.toThrow('not the id of an issue');
  });

  it('posts a comment once, also when bd did it and did not get to say so', async () => {
    const bd = client();
    const comment: BdCall = {
      kind: 'comment',
      id: one,
      text: 'It failed.\n<!-- o8 r/1 -->',
      marker: '<!-- o8 r/1 -->',
    };
    await user.fail('comments add', { when: 'after' });
    await expect(bd.tell(comment)).rejects.toMatchObject({ code: 'beads_failed' });
    await user.calm();
    expect(await bd.tell(comment)).toEqual({ done: [one], refused: [] });
    expect((await user.issue(one)).comments).toHaveLength(1);
  });

  it('ends the same when bd fails before or after any change, and each change is said again', async () => {
    const reports: Report[] = [
      { kind: 'spawned', attempt: 1 },
      { kind: 'working', attempt: 1 },
      { kind: 'failed', attempt: 1, reason: 'timeout', message: 'timed out' },
      { kind: 'spawned', attempt: 2 },
      { kind: 'pr_created', attempt: 2, pull: 42 },
      { kind: 'merged', attempt: 2, commit: 'abc' },
    ];
    const bd = client();
    await bd.version();
    const steps = stepsOf(reports);
    await user.bd(['update', one, '--add-label', 'phase:odd']);
    const context = { runId: 'r', known: () => ({ status: 'open', labels: ['phase:odd'] }), lastLines: () => [] };
    for (let done = 0; done < steps.length; done += 1) {
      const [next] = nextCalls([{ task: one, steps, done }], context);
      if (next === undefined) throw new Error('nothing to say');
      await user.fail('^--json.* (update|close|add)', { when: done % 2 === 0 ? 'after' : 'before' });
      await expect(bd.tell(next.call)).rejects.toMatchObject({ code: 'beads_failed' });
      await user.calm();
      expect(await bd.tell(next.call)).toEqual({ done: [one], refused: [] });
      const phases = (await user.issue(one)).labels.filter((label) => label.startsWith('phase:'));
      if (next.call.kind === 'update')
        expect(phases).toEqual(next.call.addLabels.filter((label) => !label.startsWith('pr:')));
    }
    expect(await user.issue(one)).toMatchObject({ status: 'closed', close_reason: 'merged abc', assignee: 'o8:a@b' });
    expect([...(await user.issue(one)).labels].sort()).toEqual(['db', 'phase:merged', 'pr:42']);
    expect((await user.issue(one)).comments).toHaveLength(1);
  });

  it('refuses programs it does not know, and names what is to be done', async () => {
    await expect(client({ program: 'bd-that-is-not-there' }).issues()).rejects.toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('install bd') as string,
    });
    for (const version of ['0.62.1', '2.0.0', 'dev']) {
      await user.version(version);
      await expect(client().issues()).rejects.toMatchObject({ code: 'refused' });
    }
    expect((await user.calls()).every(({ argv }) => argv.join(' ') === '--version')).toBe(true);
    await user.version('1.3.1');
    const bd = client();
    expect(await bd.version()).toBe('1.3.1');
    await bd.issues();
    await bd.issues();
    const asked = (await user.calls()).filter(({ argv }) => argv.includes('--version'));
    expect(asked).toHaveLength(4);
    const empty = await createRepository({ files: { a: '' } });
    await expect(client({ root: empty.root }).issues()).rejects.toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('init') as string,
    });
    await empty.remove();
  });

  it('says errors that are only on stderr, times out, and is stopped', async () => {
    await user.fail('list', { stderr: 'Error: database is locked \u001b[2J' });
    await expect(client().issues()).rejects.toMatchObject({
      code: 'beads_failed',
      message: expect.stringMatching(/database is locked \\u\{1b\}\[2J/) as string,
    });
    await user.calm();
    await user.fail('list', { code: 0, stdout: 'not JSON', stderr: '' });
    await expect(client().issues()).rejects.toMatchObject({ code: 'beads_failed' });
    await user.calm();
    const slow = await user.slow('ready');
    const patient = client();
    await patient.version();
    await expect(client({ timeoutMs: 3_000 }).readyIds()).rejects.toMatchObject({ code: 'timed_out' });
    const stop = new AbortController();
    const stopped = client({ stop: stop.signal }).readyIds();
    const asked = async () => (await user.calls()).filter(({ argv }) => argv.includes('ready')).length === 2;
    await waitFor(async () => ((await asked()) ? true : null), { timeoutMs: 10_000, what: 'the second call' });
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
    await slow.open();
    expect(await patient.readyIds()).toEqual([one, epic]);
  });

  it('does not wait for a service that keeps the output open', async () => {
    const program = join(repository.root, '../bd-with-service');
    await writeFile(program, '#!/bin/sh\nsleep 60 & echo $! > "$PIDFILE"\necho "bd version 1.3.0"\n');
    await chmod(program, 0o755);
    const pidFile = join(repository.root, '../pid');
    const bd = client({ program, env: { PATH: process.env['PATH'] ?? '', PIDFILE: pidFile }, timeoutMs: 20_000 });
    expect(await bd.version()).toBe('1.3.0');
    process.kill(Number(await readFile(pidFile, 'utf8')));
  });
});
