import * as z from 'zod';
import type { ProgramAnswer } from '../../core/base/program-answer.js';
import type { ForgeTrouble } from '../../core/forge/forge.js';
import { clipped } from '../../core/text/bounds.js';
import type { Redactor } from '../../core/text/redact.js';
import { sanitizeLine } from '../../core/text/terminal-text.js';

/** GitHub's answer to one request, whatever its status. Header names are in lower case. */
export interface HttpAnswer {
  readonly kind: 'http';
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** JSON; text if it is none, null if it is empty. */
  readonly body: unknown;
}

/** gh's exit code when it has no login for the host. */
const NO_LOGIN = 4;
/** Of a panic of gh's, and of one that was cancelled: either says nothing about the request. */
const PANIC = 2;
const QUOTED_CHARACTERS = 300;

/** What `gh api --include` printed. Codes are read, and the words of gh only to quote them. */
export function readGhEnd(end: ProgramAnswer, host: string, redact: Redactor): HttpAnswer | ForgeTrouble {
  if (end.notStarted !== null) return { kind: 'refused', why: end.notStarted };
  if (end.gaveUp !== null) return gaveUp(end.gaveUp);
  const said = quoted(end.stderr, redact);
  const more = said === '' ? '' : `: ${said}`;
  if (end.code === NO_LOGIN) return noLogin(host);
  if (end.code === PANIC) return { kind: 'unknown', why: `gh ended with exit code ${String(end.code)}${more}` };
  const answer = httpAnswer(end.stdout);
  if (answer !== null) return answer;
  if (end.code === 1) return { kind: 'unreachable', why: said === '' ? 'gh printed no answer' : said };
  const how = end.code === null ? 'was ended by a signal' : `ended with exit code ${String(end.code)}`;
  return { kind: 'unknown', why: `gh ${how}${more}` };
}

function gaveUp(why: NonNullable<ProgramAnswer['gaveUp']>): ForgeTrouble {
  switch (why) {
    case 'timeout':
      return { kind: 'unreachable', why: 'gh gave no answer in time' };
    case 'stopped':
      return { kind: 'unreachable', why: 'gh was stopped before it answered' };
    case 'too_much':
      return { kind: 'unknown', why: 'gh printed more than any answer has' };
  }
}

export function noLogin(host: string): ForgeTrouble {
  return { kind: 'no_login', why: `gh is not logged in to ${host}`, hint: `gh auth login --hostname ${host}` };
}

/** The first line that says something, without terminal escapes and secrets. */
export function quoted(text: string, redact: Redactor): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? '';
  return clipped(sanitizeLine(redact(line)).trim(), QUOTED_CHARACTERS);
}

function httpAnswer(stdout: string): HttpAnswer | null {
  const status = /^HTTP\/[\d.]+ (\d{3})\b/.exec(stdout)?.[1];
  const end = /\r?\n\r?\n/.exec(stdout);
  if (status === undefined || end === null) return null;
  const headers = stdout.slice(0, end.index).split(/\r?\n/).slice(1);
  return {
    kind: 'http',
    status: Number(status),
    headers: new Map(
      headers.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    ),
    body: parsed(stdout.slice(end.index + end[0].length)),
  };
}

function parsed(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text; // a proxy's page, or an answer that was cut off
  }
}

const messageSchema = z.looseObject({
  message: z.string(),
  errors: z
    .array(
      z.union([
        z.string(),
        z.looseObject({ message: z.string().optional(), field: z.string().optional(), code: z.string().optional() }),
      ]),
    )
    .optional(),
});

/** What GitHub says is wrong, in its own words, for quoting. */
export function messageOf({ status, body }: HttpAnswer, redact: Redactor): string {
  const read = messageSchema.safeParse(body);
  if (!read.success) return `HTTP status ${String(status)}`;
  const more = (read.data.errors ?? []).map((error) => (typeof error === 'string' ? error : (error.message ?? '')));
  return quoted([read.data.message, ...more.filter((each) => each !== '')].join(': '), redact);
}

/** Whether the request named a field that GitHub does not accept, such as a branch that is not there. */
export function isInvalid({ body }: HttpAnswer, field: string): boolean {
  const read = messageSchema.safeParse(body);
  const errors = read.success ? (read.data.errors ?? []) : [];
  return errors.some((error) => typeof error !== 'string' && error.field === field && error.code === 'invalid');
}

/** The trouble behind an answer; null for success and for a refusal (404, 405, 409, 422) that depends on the request. */
export function troubleOf(answer: HttpAnswer, host: string, redact: Redactor, now: number): ForgeTrouble | null {
  const { status } = answer;
  if (status === 401) return noLogin(host);
  if (status === 403 || status === 429) {
    const limit = limitOf(answer, now);
    if (limit !== null) return limit;
    return { kind: 'refused', why: messageOf(answer, redact) };
  }
  if (status >= 500) return { kind: 'unreachable', why: `${host} answered with HTTP status ${String(status)}` };
  return null;
}

/** Whether an answer means that too much was asked, and until when. */
export function limitOf({ status, headers, body }: HttpAnswer, now: number): ForgeTrouble | null {
  const after = Number(headers.get('retry-after') ?? NaN);
  if (!Number.isNaN(after)) return { kind: 'rate_limited', until: new Date(now + after * 1000).toISOString() };
  if (headers.get('x-ratelimit-remaining') === '0') {
    const reset = Number(headers.get('x-ratelimit-reset') ?? NaN);
    return { kind: 'rate_limited', until: Number.isNaN(reset) ? null : new Date(reset * 1000).toISOString() };
  }
  // GitHub's secondary limit has no code of its own where it names no time.
  const read = messageSchema.safeParse(body);
  const isSecondary = status === 429 || (read.success && /\brate limit\b/i.test(read.data.message));
  return isSecondary ? { kind: 'rate_limited', until: null } : null;
}
