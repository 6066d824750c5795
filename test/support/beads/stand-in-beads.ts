import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

const run = promisify(execFile);

/** The program itself: `beads.program` of a test's settings, or the target of a link called `bd` on its PATH. */
export const STAND_IN_BD = resolve(import.meta.dirname, 'bd.mjs');

/** One call, as it began. `hook`: git made it. */
export interface Call {
  readonly number: number;
  readonly argv: readonly string[];
  readonly actor: string;
  readonly cwd: string;
  readonly pid: number;
  readonly hook: boolean;
}

/** What becomes of some calls: of those after call `since` that `match` (the words, joined by blanks). */
export interface Rule {
  readonly match: string;
  readonly since: number;
  /** From which of them on, default 1, and how many, default all. */
  readonly from?: number;
  readonly times?: number;
  /** Files that have to exist before it does anything, or before it answers and ends. */
  readonly wait?: { readonly before?: string; readonly after?: string };
  /** Ends like this, with or without having done what it was asked. */
  readonly fail?: {
    readonly when: 'before' | 'after';
    readonly code: number;
    readonly stdout?: string;
    readonly stderr?: string;
  };
}

export interface Controls {
  readonly version?: string;
  readonly rules?: readonly Rule[];
}

export interface BdAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Beads {
  /** A folder with the one program `bd`, for the front of a PATH. */
  readonly bin: string;
  /** Runs it as somebody else would, in the main checkout or in `cwd`. */
  bd(args: readonly string[], options?: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv }): Promise<BdAnswer>;
  /** The answer of a command that has to succeed, with `--json`. */
  json(args: readonly string[]): Promise<unknown>;
  /** Creates an issue and gives its id. `args` as behind `bd create`. */
  create(...args: readonly string[]): Promise<string>;
  /** One issue as `show` has it. */
  issue(id: string): Promise<ShownIssue>;
  /** All calls of others than this object, in order; the git hooks' only when they are asked for. */
  calls(options?: { readonly hooks?: boolean }): Promise<Call[]>;
  /** Holds the calls that match up at a gate, which the test opens. */
  slow(
    match: string,
    at?: 'before' | 'after',
    which?: Pick<Rule, 'from' | 'times'>,
  ): Promise<{ open(): Promise<void> }>;
  fail(match: string, how?: Partial<NonNullable<Rule['fail']>>, which?: Pick<Rule, 'from' | 'times'>): Promise<void>;
  version(version: string): Promise<void>;
  /** Forgets all rules. */
  calm(): Promise<void>;
}

const shownSchema = z.looseObject({
  id: z.string(),
  title: z.string(),
  status: z.string(),
  assignee: z.string().optional(),
  close_reason: z.string().optional(),
  labels: z.array(z.string()).default([]),
  comments: z.array(z.looseObject({ text: z.string(), author: z.string() })).default([]),
});
export type ShownIssue = z.infer<typeof shownSchema>;

/** Who the calls of a test are made as, so that they are told from those of the program under test. */
const TESTER = 'tester';

/** `bd init` in the repository, as a user who works alone does it; `args` are further flags. */
export async function beadsIn(root: string, args: readonly string[] = []): Promise<Beads> {
  const beads = join(root, '.beads');
  const own = join(beads, 'stand-in');
  const bin = join(dirname(root), 'beads-bin');
  await rm(bin, { recursive: true, force: true });
  await mkdir(bin, { recursive: true });
  await symlink(STAND_IN_BD, join(bin, 'bd'));

  const bd: Beads['bd'] = async (words, { cwd = root, env = {} } = {}) =>
    runStandIn(['--actor', TESTER, ...words], cwd, env);
  const must = async (words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await bd(words);
    if (code !== 0) throw new Error(`bd ${words.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  };
  const json: Beads['json'] = async (words) => JSON.parse(await must([...words, '--json'])) as unknown;
  const all = async (): Promise<Call[]> => {
    const text = await readFile(join(own, 'calls.jsonl'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Call);
  };
  const controls = async (change: (now: Controls) => Controls): Promise<void> => {
    const path = join(own, 'controls.json');
    const now = await readFile(path, 'utf8').catch(() => '{}');
    await writeFile(path, JSON.stringify(change(JSON.parse(now) as Controls)));
  };
  const rule = async (made: Omit<Rule, 'since'>): Promise<void> => {
    const since = (await all()).length;
    await controls((now) => ({ ...now, rules: [...(now.rules ?? []), { ...made, since }] }));
  };

  await must(['init', '--prefix', 'demo', '--non-interactive', ...args]);
  await mkdir(own, { recursive: true });
  return {
    bin,
    bd,
    json,
    create: async (...words) => z.looseObject({ id: z.string() }).parse(await json(['create', ...words])).id,
    issue: async (id) => {
      const [shown] = z.array(shownSchema).parse(await json(['show', id]));
      if (shown === undefined) throw new Error(`bd show ${id} showed nothing`);
      return shown;
    },
    calls: async ({ hooks = false } = {}) =>
      (await all()).filter(({ actor, hook }) => actor !== TESTER && (hooks || !hook)),
    slow: async (match, at = 'before', which = {}) => {
      const gate = join(own, `gate-${(await all()).length}-${Math.random().toString(36).slice(2)}`);
      await rule({ match, wait: at === 'before' ? { before: gate } : { after: gate }, ...which });
      return { open: async () => writeFile(gate, '') };
    },
    fail: async (match, how = {}, which = {}) =>
      rule({ match, fail: { when: 'before', code: 1, stderr: 'Error: database is locked', ...how }, ...which }),
    version: async (version) => controls((now) => ({ ...now, version })),
    calm: async () => controls((now) => ({ ...now, rules: [] })),
  };
}

/** The stand-in without a git environment of the caller's. */
export async function runStandIn(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<BdAnswer> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GIT|BD|BEADS)_/.test(name));
  try {
    const { stdout, stderr } = await run(process.execPath, [STAND_IN_BD, ...args], {
      cwd,
      env: { ...Object.fromEntries(inherited), ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return z.object({ code: z.number(), stdout: z.string(), stderr: z.string() }).parse(error);
  }
}
