import { dirname, join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { hashFolder } from '../git/folder-hash.js';
import { RunFixture } from '../runs/run-fixture.js';
import { waitFor } from '../waiting/wait-for.js';
import { beadsIn, STAND_IN_BD, type Beads, type ShownIssue } from './stand-in-beads.js';

export interface BeadsRunOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A repository with a Beads database, and agents that a test steers. */
export class BeadsRun {
  private constructor(
    readonly run: RunFixture,
    /** As another person uses it. */
    readonly user: Beads,
  ) {}

  /** In a repository that a test has made for runs without tasks of their own. */
  static async in(run: RunFixture): Promise<BeadsRun> {
    const user = await beadsIn(run.root);
    await run.repository.commit('Beads');
    await run.trust(); // bd init brings hooks for Claude
    return new BeadsRun(run, user);
  }

  static async open({ settings = {} }: BeadsRunOptions = {}): Promise<BeadsRun> {
    const run = await RunFixture.open({
      tasks: [],
      settings: { merge: { into: 'base' }, beads: { program: STAND_IN_BD, pollSeconds: 2 }, ...settings },
    });
    return BeadsRun.in(run);
  }

  get root(): string {
    return this.run.root;
  }

  worktree(id: string): string {
    return join(dirname(this.root), 'worktrees', id);
  }

  /** An epic with children, by title. Gives the ids, the epic's first. */
  async epic(...titles: readonly string[]): Promise<string[]> {
    const epic = await this.user.create('Inventory', '-t', 'epic');
    const ids = [epic];
    for (const title of titles) ids.push(await this.user.create(title, '--parent', epic));
    return ids;
  }

  async spawn(epic: string, input: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { runId } = await this.run.call('spawn', { epic, ...input });
    return String(runId);
  }

  /** Waits until the issue is as wanted; gives it. */
  async waitForIssue(id: string, wanted: (issue: ShownIssue) => boolean, timeoutMs = 30_000): Promise<ShownIssue> {
    let seen: ShownIssue | null = null;
    return waitFor(
      async () => {
        seen = await this.user.issue(id);
        return wanted(seen) ? seen : null;
      },
      { timeoutMs, everyMs: 200, what: () => `${id} to be told; it is ${JSON.stringify(seen)}` },
    );
  }

  /** Everything of the user's but for what bd itself writes in `.beads/`, to the byte. */
  async users(): Promise<Readonly<Record<string, unknown>>> {
    const { root, repository } = this.run;
    const listed = await repository.git(['ls-files', '-z', '--cached', '--others', '--exclude-standard', ':!.beads']);
    const files = listed.split('\0').filter((path) => path !== '');
    const refs = (await repository.git(['for-each-ref'])).split('\n');
    return {
      files: await Promise.all(files.map(async (path) => [path, await readFile(join(root, path), 'utf8')])),
      index: (await readFile(join(root, '.git/index'))).toString('base64'),
      config: await readFile(join(root, '.git/config'), 'utf8'),
      refs: refs.filter((line) => !/refs\/(o8\/|heads\/(o8|agent)\/)/.test(line)),
      hooks: await hashFolder(join(root, '.beads/hooks')),
      settings: await readFile(join(root, '.beads/config.yaml'), 'utf8'),
    };
  }

  /** What `.beads/orchestrator/state.json` has. */
  async mirror(): Promise<Record<string, Record<string, string>>> {
    return JSON.parse(await readFile(join(this.root, '.beads/orchestrator/state.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
  }
}
