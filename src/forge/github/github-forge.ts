import * as z from 'zod';
import { failpoint } from '../../core/base/failpoint.js';
import type {
  Answer,
  CreateOutcome,
  Forge,
  ForgeTrouble,
  MergeOutcome,
  MergeRequest,
  NewPull,
  PullChange,
  PullName,
} from '../../core/forge/forge.js';
import type { SeenPull } from '../../core/forge/pull-request.js';
import { isInvalid, messageOf, type HttpAnswer } from './gh-answer.js';
import { ghClient, type GhClient, type GhOptions } from './gh-client.js';
import { githubPreflight } from './github-preflight.js';
import { markedComment } from './marked-comment.js';
import { findQuery, foundSchema, lookedSchema, lookQuery, MOST_HEADS, MOST_PULLS, seenPullOf } from './pull-queries.js';

/** Pull requests on GitHub, by the `gh` of the user and its login. */
export function githubForge(options: GhOptions): Forge {
  const gh = ghClient(options);
  return {
    preflight: (base) => githubPreflight(gh, base),
    find: (heads) => find(gh, heads),
    look: (numbers) => look(gh, numbers),
    create: (pull) => create(gh, pull),
    update: (number, change) => update(gh, number, change),
    merge: (number, request) => merge(gh, number, request),
    comment: (number, comment) => markedComment(gh, number, comment),
    close: (number) => close(gh, number),
  };
}

const namedSchema = z.looseObject({ number: z.number(), html_url: z.string() });
const comparedSchema = z.looseObject({ ahead_by: z.number() });
const mergedSchema = z.looseObject({ sha: z.string() });

async function look(gh: GhClient, numbers: readonly number[]): Promise<Answer<SeenPull[]>> {
  return inParts(numbers, MOST_PULLS, async (part) => {
    const answer = await gh.graphql(lookQuery(part), {}, lookedSchema);
    if (answer.kind !== 'answered') return answer;
    const pulls = part.map((_, at) => answer.value.repository[`p${String(at)}`] ?? null);
    return { kind: 'answered', value: seen(pulls) };
  });
}

async function find(gh: GhClient, heads: readonly string[]): Promise<Answer<SeenPull[]>> {
  return inParts(heads, MOST_HEADS, async (part) => {
    const variables = Object.fromEntries(part.map((head, at) => [`h${String(at)}`, head]));
    const answer = await gh.graphql(findQuery(part.length), variables, foundSchema);
    if (answer.kind !== 'answered') return answer;
    return { kind: 'answered', value: seen(Object.values(answer.value.repository).flatMap(({ nodes }) => nodes)) };
  });
}

function seen(pulls: readonly (Parameters<typeof seenPullOf>[0] | null)[]): SeenPull[] {
  return pulls.flatMap((pull) => (pull === null ? [] : (seenPullOf(pull) ?? [])));
}

/** Asks in parts of at most `most`; the first trouble is the answer, as parts alone would look like the whole. */
async function inParts<T>(
  all: readonly T[],
  most: number,
  ask: (part: readonly T[]) => Promise<Answer<SeenPull[]>>,
): Promise<Answer<SeenPull[]>> {
  const pulls: SeenPull[] = [];
  for (let at = 0; at < all.length; at += most) {
    const answer = await ask(all.slice(at, at + most));
    if (answer.kind !== 'answered') return answer;
    pulls.push(...answer.value);
  }
  return { kind: 'answered', value: pulls };
}

async function create(gh: GhClient, { title, body, head, base }: NewPull): Promise<CreateOutcome> {
  failpoint('forge.create.before');
  const answer = await gh.rest('POST', '/pulls', { title, body, head, base });
  failpoint('forge.create.after');
  if (answer.kind !== 'http') return answer;
  const name = nameOf(answer);
  if (name !== null) return { kind: 'created', ...name };
  return (await whyNotCreated(gh, { head, base })) ?? refusal(gh, answer, head);
}

/** GitHub has one answer for all of it, told apart by its words only: what is the case is looked up instead. */
async function whyNotCreated(
  gh: GhClient,
  { head, base }: Pick<NewPull, 'head' | 'base'>,
): Promise<CreateOutcome | null> {
  const found = await find(gh, [head]);
  if (found.kind !== 'answered') return found;
  const open = found.value.find((pull) => pull.state.kind === 'open' && pull.base === base);
  if (open !== undefined) return { kind: 'exists', number: open.number, url: open.url };
  const range = `${encodeURIComponent(base)}...${encodeURIComponent(head)}`;
  const compared = await gh.rest('GET', `/compare/${range}`);
  if (compared.kind !== 'http') return compared;
  const read = comparedSchema.safeParse(compared.body);
  return read.success && read.data.ahead_by === 0 ? { kind: 'nothing_to_merge' } : null;
}

function refusal(gh: GhClient, answer: HttpAnswer, head: string): ForgeTrouble {
  // Right after the push, GitHub may not have heard of the branch yet.
  if (isInvalid(answer, 'head')) return { kind: 'unknown', why: `GitHub does not show the branch ${head}` };
  return { kind: 'refused', why: messageOf(answer, gh.redact) };
}

async function update(gh: GhClient, number: number, change: PullChange): Promise<Answer<PullName>> {
  failpoint('forge.update.before');
  const answer = await gh.rest('PATCH', `/pulls/${String(number)}`, change);
  failpoint('forge.update.after');
  return named(gh, answer);
}

async function close(gh: GhClient, number: number): Promise<Answer<PullName>> {
  failpoint('forge.close.before');
  const answer = await gh.rest('PATCH', `/pulls/${String(number)}`, { state: 'closed' });
  failpoint('forge.close.after');
  return named(gh, answer);
}

async function merge(gh: GhClient, number: number, request: MergeRequest): Promise<MergeOutcome> {
  const { strategy, head, message } = request;
  const commit =
    message === null || strategy === 'rebase' ? {} : { commit_title: message.title, commit_message: message.body };
  failpoint('forge.merge.before');
  const answer = await gh.rest('PUT', `/pulls/${String(number)}/merge`, {
    sha: head,
    merge_method: strategy,
    ...commit,
  });
  failpoint('forge.merge.after');
  if (answer.kind !== 'http') return answer;
  const merged = answer.status === 200 ? mergedSchema.safeParse(answer.body) : null;
  if (merged?.success === true) return { kind: 'merged', commit: merged.data.sha };
  const seenAfter = await look(gh, [number]);
  if (seenAfter.kind !== 'answered') return seenAfter;
  const [pull] = seenAfter.value;
  if (pull === undefined) return { kind: 'refused', why: `pull request ${String(number)} does not exist` };
  if (pull.state.kind === 'merged') return { kind: 'merged', commit: pull.state.commit };
  if (pull.state.kind === 'closed') return { kind: 'closed' };
  if (pull.headCommit !== head) return { kind: 'head_moved', head: pull.headCommit };
  return { kind: 'not_mergeable', why: messageOf(answer, gh.redact) };
}

function named(gh: GhClient, answer: HttpAnswer | ForgeTrouble): Answer<PullName> {
  if (answer.kind !== 'http') return answer;
  const name = nameOf(answer);
  return name === null ? { kind: 'refused', why: messageOf(answer, gh.redact) } : { kind: 'answered', value: name };
}

function nameOf({ status, body }: HttpAnswer): PullName | null {
  const read = status === 200 || status === 201 ? namedSchema.safeParse(body) : null;
  return read?.success === true ? { number: read.data.number, url: read.data.html_url } : null;
}
