import { callWords, idsOf, type BdCall } from '../../core/beads/bd-call.js';
import { isIssueId, type Issue, type IssueComment } from '../../core/beads/issue.js';
import { O8Error } from '../../core/base/errors.js';
import type { AskProgram, ProgramAnswer } from '../../core/base/program-answer.js';
import { clipped } from '../../core/text/bounds.js';
import { printable } from '../../core/text/untrusted-text.js';
import { changedSchema, commentsSchema, issuesSchema, postedSchema, readAnswer } from './bd-answers.js';
import { failedCall, gaveUpCall, noDatabase, notInstalled, unknownVersion } from './bd-errors.js';

/*
 * The only code that runs bd. A call takes half a second of CPU and more on a busy machine: callers put many issues into
 * one.
 */

export interface BdOptions {
  /** A name on the PATH, or a path. */
  readonly program: string;
  /** The main checkout. bd is started there, also for work in a linked worktree. */
  readonly root: string;
  /** Who o8 is in Beads. */
  readonly actor: string;
  /** The whole environment of the program but for what o8 sets. Without git's own variables, which bd would follow. */
  readonly env: Readonly<Record<string, string>>;
  readonly ask: AskProgram;
  /** Milliseconds; default 60 s, ten times what a call takes on a busy machine. */
  readonly timeoutMs?: number;
  readonly stop?: AbortSignal;
}

/** What became of a call for each of its issues: `refused` is final (claimed by another, blocked, gone). */
export interface BdOutcome {
  readonly done: readonly string[];
  readonly refused: readonly { readonly id: string; readonly why: string }[];
}

/**
 * Every method rejects with O8Error: `refused` (not installed, not a version that o8 knows, no database), `timed_out`, or
 * `beads_failed` for everything that may go better later.
 */
export interface Beads {
  /** `1.0.3`; asked for once, and before anything else. */
  version(): Promise<string>;
  /** Every issue, closed ones too, with links, labels and `commentCount`. One call. */
  issues(): Promise<Issue[]>;
  /** The ids of what bd calls ready, in its order. One call. */
  readyIds(): Promise<string[]>;
  /**
   * The whole of issues that `issues` gave, with comments; those that are gone are left out. One call, and one more for each
   * issue with comments where bd leaves them out of the first.
   */
  details(listed: readonly Pick<Issue, 'id' | 'commentCount'>[]): Promise<Issue[]>;
  /** Makes a change. A comment is looked for first, so that it is not posted twice. */
  tell(call: BdCall): Promise<BdOutcome>;
}

const TIME_LIMIT_MS = 60_000;

/**
 * For every call: JSON in one shape; no question; and nothing of the user's repository is staged, committed or given a
 * remote. bd does not use an index that GIT_INDEX_FILE names, so that only its own settings keep it from the user's.
 */
const ENVIRONMENT = {
  BD_JSON_ENVELOPE: '1',
  BD_NON_INTERACTIVE: '1',
  BD_EXPORT_GIT_ADD: 'false',
  BD_NO_GIT_OPS: 'true',
  BD_NO_REMOTE_ADOPT: '1',
  NO_COLOR: '1',
} as const;

export function beads(options: BdOptions): Beads {
  const { program, root, actor, timeoutMs = TIME_LIMIT_MS } = options;
  let known: string | null = null;

  const ask = async (words: readonly string[]): Promise<ProgramAnswer> => {
    const answer = await options.ask([program, ...words], {
      cwd: root,
      env: { ...options.env, ...ENVIRONMENT },
      timeoutMs,
      ...(options.stop === undefined ? {} : { stop: options.stop }),
    });
    if (answer.notStarted !== null) throw notInstalled(program, answer.notStarted);
    if (answer.gaveUp !== null) throw gaveUpCall(program, words, answer, timeoutMs);
    return answer;
  };
  const version = async (): Promise<string> => {
    if (known !== null) return known;
    const answer = await ask(['--version']);
    if (answer.code !== 0) throw failedCall(program, ['--version'], answer, answer.stderr);
    known = checkedVersion(program, answer.stdout);
    return known;
  };
  const run = async (words: readonly string[]): Promise<{ answer: ProgramAnswer; words: readonly string[] }> => {
    await version();
    const all = ['--json', '--actor', actor, ...words];
    const answer = await ask(all);
    if (/no beads database found/i.test(`${answer.stderr}\n${answer.stdout.slice(0, 400)}`))
      throw noDatabase(program, root);
    return { answer, words };
  };
  const read = async (words: readonly string[]): Promise<unknown> => {
    const { answer } = await run(words);
    const json = readAnswer(answer.stdout);
    if (json.kind === 'data') return json.data;
    throw failedCall(
      program,
      words,
      answer,
      json.kind === 'error' ? json.error : json.kind === 'not_json' ? `its answer ${json.problem}` : answer.stderr,
    );
  };
  const commentsOf = async (id: string): Promise<IssueComment[]> =>
    shaped(program, ['comments', id], commentsSchema, await read(['comments', checkedId(id)]));

  return {
    version,
    issues: async () => {
      const words = ['list', '--all', '--limit', '0'];
      return shaped(program, words, issuesSchema, await read(words));
    },
    readyIds: async () => {
      const words = ['ready', '--limit', '0'];
      return shaped(program, words, issuesSchema, await read(words)).map(({ id }) => id);
    },
    details: async (listed) => {
      if (listed.length === 0) return [];
      const words = ['show', ...listed.map(({ id }) => checkedId(id))];
      const { answer } = await run(words);
      const json = readAnswer(answer.stdout);
      if (json.kind !== 'data' && isNoneFound(answer, json)) return [];
      if (json.kind !== 'data')
        throw failedCall(program, words, answer, json.kind === 'error' ? json.error : answer.stderr);
      const whole: Issue[] = [];
      for (const issue of shaped(program, words, issuesSchema, json.data)) {
        // Newer versions leave comments out of `show`, older ones have all of them in it.
        const some = listed.some(({ id, commentCount }) => id === issue.id && commentCount > 0);
        whole.push({ ...issue, comments: issue.comments ?? (some ? await commentsOf(issue.id) : []) });
      }
      return whole;
    },
    tell: async (call) => {
      for (const id of idsOf(call)) checkedId(id);
      if (idsOf(call).length === 0) return { done: [], refused: [] };
      if (call.kind === 'comment') {
        const posted = await commentsOf(call.id);
        if (posted.some(({ text }) => text.includes(call.marker))) return { done: [call.id], refused: [] };
      }
      const words = callWords(call);
      const { answer } = await run(words);
      return outcomeOf(program, words, call, answer);
    },
  };
}

/** `1.0.3` of `bd version 1.0.3 (dev)`. */
function checkedVersion(program: string, stdout: string): string {
  const [line = ''] = stdout.trim().split('\n');
  const [version, major] = /\b(\d+)\.\d+(?:\.\d+)?(?:-[\w.]+)?/.exec(line) ?? [];
  if (version === undefined || Number(major) !== 1) throw unknownVersion(program, line, version ?? null);
  return version;
}

function checkedId(id: string): string {
  if (isIssueId(id)) return id;
  throw new O8Error('invalid_plan', `${JSON.stringify(clipped(printable(id)))} is not the id of an issue.`, 'bd list');
}

function shaped<T>(
  program: string,
  words: readonly string[],
  schema: { safeParse: (value: unknown) => { success: true; data: T } | { success: false } },
  value: unknown,
): T {
  const result = schema.safeParse(value ?? []);
  if (result.success) return result.data;
  const answer = { code: 0, stdout: '', stderr: '', gaveUp: null, notStarted: null };
  throw failedCall(program, words, answer, 'its answer has another shape than o8 knows');
}

function isNoneFound(answer: ProgramAnswer, json: ReturnType<typeof readAnswer>): boolean {
  const said = `${json.kind === 'error' ? json.error : ''}\n${answer.stderr}`;
  return answer.code === 1 && /no issues? found matching/.test(said);
}

/**
 * What bd said of each issue: those it has in its answer are done, those it names in an error are refused. An error that
 * names none is one of the whole call.
 */
function outcomeOf(program: string, words: readonly string[], call: BdCall, answer: ProgramAnswer): BdOutcome {
  const ids = idsOf(call);
  const json = readAnswer(answer.stdout);
  const done = json.kind === 'data' ? ids.filter((id) => changedIn(call, json.data).includes(id)) : [];
  const said = [...(json.kind === 'error' ? [json.error] : []), ...answer.stderr.split('\n')];
  const refused = ids
    .filter((id) => !done.includes(id))
    .flatMap((id) => {
      const why = said.find((line) => isRefusal(line, id, ids));
      return why === undefined ? [] : [{ id, why: clipped(printable(why.trim()), 400) }];
    });
  if (done.length + refused.length === ids.length) return { done, refused };
  const rest = said.filter((line) => line.trim() !== '').join('; ');
  throw failedCall(
    program,
    words,
    answer,
    rest === '' && answer.code === 0 ? 'it did not say what became of every issue' : rest,
  );
}

function changedIn(call: BdCall, data: unknown): readonly string[] {
  if (call.kind === 'comment') {
    const posted = postedSchema.safeParse(data);
    return posted.success ? [posted.data.issue_id] : [];
  }
  const changed = changedSchema.safeParse(data);
  return changed.success ? changed.data : [];
}

/**
 * Final, and said of this issue, which is the first one that such a line names: not, for instance, that the database was
 * locked while it was written.
 */
function isRefusal(line: string, id: string, ids: readonly string[]): boolean {
  const reason =
    /already claimed|is closed|blocked by|open child|no issues? found|not found|cannot close|not claimable/i;
  return reason.test(line) && line.split(/[\s:,"'[\]()]+/).find((word) => ids.includes(word)) === id;
}
