import * as z from 'zod';
import type { CheckOutcome, Mergeability, PullCheck, PullState, SeenPull } from '../../core/forge/pull-request.js';

/*
 * One query for many pull requests: `gh pr view` and `gh pr checks` take one each, several requests for it, and the latter
 * ends with a panic on what it does not know.
 */

/** GitHub refuses queries for more than 500,000 things; these are some 15,000, and answered within seconds. */
export const MOST_PULLS = 40;
export const MOST_HEADS = 20;
/** Of one branch: more are of earlier runs, and older. */
const PULLS_OF_HEAD = 5;

/** Only reviews of people who may write count, so that nobody else can tell an agent what to do. */
function pullFields(number: number | null): string {
  const required = number === null ? '' : `isRequired(pullRequestNumber: ${String(number)})`;
  return `
    number url title body state isDraft isCrossRepository
    headRefName headRefOid headRef { id } baseRefName
    baseRef { refUpdateRule { requiredStatusCheckContexts } }
    mergeable mergeStateStatus reviewDecision mergeCommit { oid } mergedBy { login }
    latestOpinionatedReviews(first: 30, writersOnly: true) {
      nodes { id state body author { login } comments(first: 30) { nodes { path line body } } }
    }
    commits(last: 1) { nodes { commit { oid statusCheckRollup { state contexts(first: 100) {
      pageInfo { hasNextPage }
      nodes {
        __typename
        ... on CheckRun {
          name status conclusion startedAt detailsUrl ${required}
          checkSuite { workflowRun { event workflow { name } } }
        }
        ... on StatusContext { context state targetUrl ${required} }
      }
    } } } } }`;
}

/** Aliases `p0`, `p1`, … in the order of `numbers`. */
export function lookQuery(numbers: readonly number[]): string {
  const each = numbers.map(
    (number, at) => `p${String(at)}: pullRequest(number: ${String(number)}) {${pullFields(number)}}`,
  );
  return `query O8Look($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { ${each.join('\n')} } }`;
}

/** Aliases `h0`, `h1`, … with variables of the same names. */
export function findQuery(heads: number): string {
  const names = Array.from({ length: heads }, (_, at) => `h${String(at)}`);
  const each = names.map(
    (name) =>
      `${name}: pullRequests(headRefName: $${name}, first: ${String(PULLS_OF_HEAD)}, orderBy: {field: CREATED_AT, direction: DESC}) { nodes {${pullFields(null)}} }`,
  );
  const variables = names.map((name) => `, $${name}: String!`).join('');
  return `query O8Find($owner: String!, $name: String!${variables}) { repository(owner: $owner, name: $name) { ${each.join('\n')} } }`;
}

const checkSchema = z.discriminatedUnion('__typename', [
  z.looseObject({
    __typename: z.literal('CheckRun'),
    name: z.string(),
    status: z.string(),
    conclusion: z.string().nullable(),
    startedAt: z.string().nullable(),
    detailsUrl: z.string().nullable(),
    isRequired: z.boolean().optional(),
    checkSuite: z
      .looseObject({
        workflowRun: z.looseObject({ event: z.string(), workflow: z.looseObject({ name: z.string() }) }).nullish(),
      })
      .nullish(),
  }),
  z.looseObject({
    __typename: z.literal('StatusContext'),
    context: z.string(),
    state: z.string(),
    targetUrl: z.string().nullable(),
    isRequired: z.boolean().optional(),
  }),
]);
type Check = z.infer<typeof checkSchema>;

const pullSchema = z.looseObject({
  number: z.number().int().positive(),
  url: z.string(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['OPEN', 'CLOSED', 'MERGED']),
  isDraft: z.boolean(),
  isCrossRepository: z.boolean(),
  headRefName: z.string(),
  headRefOid: z.string(),
  headRef: z.looseObject({ id: z.string() }).nullable(),
  baseRefName: z.string(),
  baseRef: z
    .looseObject({
      refUpdateRule: z.looseObject({ requiredStatusCheckContexts: z.array(z.string().nullable()).nullish() }).nullish(),
    })
    .nullable(),
  mergeable: z.string(),
  mergeStateStatus: z.string(),
  reviewDecision: z.string().nullable(),
  mergeCommit: z.looseObject({ oid: z.string() }).nullable(),
  mergedBy: z.looseObject({ login: z.string() }).nullable(),
  latestOpinionatedReviews: z
    .looseObject({
      nodes: z.array(
        z.looseObject({
          id: z.string(),
          state: z.string(),
          body: z.string(),
          author: z.looseObject({ login: z.string() }).nullable(),
          comments: z.looseObject({
            nodes: z.array(z.looseObject({ path: z.string(), line: z.number().nullish(), body: z.string() })),
          }),
        }),
      ),
    })
    .nullable(),
  commits: z.looseObject({
    nodes: z.array(
      z.looseObject({
        commit: z.looseObject({
          oid: z.string(),
          statusCheckRollup: z
            .looseObject({
              state: z.string(),
              contexts: z.looseObject({
                pageInfo: z.looseObject({ hasNextPage: z.boolean() }),
                nodes: z.array(checkSchema),
              }),
            })
            .nullable(),
        }),
      }),
    ),
  }),
});
type Pull = z.infer<typeof pullSchema>;

/** `data` of a look; null where a pull request does not exist. */
export const lookedSchema = z.object({ repository: z.record(z.string(), pullSchema.nullable()) });
export const foundSchema = z.object({
  repository: z.record(z.string(), z.looseObject({ nodes: z.array(pullSchema) })),
});

/** Null for one from a fork: its branch is in another repository. */
export function seenPullOf(pull: Pull): SeenPull | null {
  if (pull.isCrossRepository) return null;
  const commit = pull.commits.nodes[0]?.commit ?? null;
  const rollup = commit?.statusCheckRollup ?? null;
  const isOfHead = commit === null || commit.oid === pull.headRefOid; // GitHub may show commits of before the push
  const requested = (pull.latestOpinionatedReviews?.nodes ?? []).filter(({ state }) => state === 'CHANGES_REQUESTED');
  return {
    number: pull.number,
    url: pull.url,
    title: pull.title,
    body: pull.body,
    head: pull.headRefName,
    base: pull.baseRefName,
    headCommit: pull.headRefOid,
    headBranchExists: pull.headRef !== null,
    state: stateOf(pull),
    checks: rollup === null || !isOfHead ? [] : checksOf(rollup.contexts, rollup.state),
    requiredChecks: (pull.baseRef?.refUpdateRule?.requiredStatusCheckContexts ?? []).filter((name) => name !== null),
    review: reviewOf(pull.reviewDecision),
    requestedChanges: requested.map(({ id, author, body, comments }) => ({
      id,
      by: author?.login ?? 'a deleted user',
      body,
      lines: comments.nodes.map(({ path, line, body: about }) => ({ path, line: line ?? null, body: about })),
    })),
    mergeability: isOfHead ? mergeabilityOf(pull) : 'unknown',
  };
}

function stateOf({ state, isDraft, mergeCommit, mergedBy }: Pull): PullState {
  switch (state) {
    case 'OPEN':
      return { kind: 'open', draft: isDraft };
    case 'CLOSED':
      return { kind: 'closed' };
    case 'MERGED':
      return { kind: 'merged', commit: mergeCommit?.oid ?? null, by: mergedBy?.login ?? null };
  }
}

function reviewOf(decision: string | null): SeenPull['review'] {
  switch (decision) {
    case 'APPROVED':
      return 'approved';
    case 'CHANGES_REQUESTED':
      return 'changes_requested';
    case 'REVIEW_REQUIRED':
      return 'required';
    default:
      return 'none';
  }
}

function mergeabilityOf({ mergeable, mergeStateStatus }: Pull): Mergeability {
  if (mergeable === 'CONFLICTING') return 'conflicting';
  if (mergeable !== 'MERGEABLE') return 'unknown';
  switch (mergeStateStatus) {
    case 'CLEAN':
    case 'UNSTABLE': // a check failed that no rule asks for
    case 'HAS_HOOKS':
    case 'DRAFT':
      return 'mergeable';
    case 'BEHIND':
      return 'behind';
    case 'BLOCKED':
      return 'blocked';
    case 'DIRTY':
      return 'conflicting';
    default:
      return 'unknown';
  }
}

function checksOf(
  { nodes, pageInfo }: { readonly nodes: readonly Check[]; readonly pageInfo: { readonly hasNextPage: boolean } },
  rollup: string,
): PullCheck[] {
  const latest = new Map<string, Check>();
  for (const check of nodes) {
    const key = keyOf(check);
    const known = latest.get(key);
    // A check that was started again is listed twice.
    if (known === undefined || startOf(check) >= startOf(known)) latest.set(key, check);
  }
  const checks = [...latest.values()].map(checkOf);
  if (!pageInfo.hasNextPage) return checks;
  const outcome = statusOutcome(rollup);
  return [...checks, { name: 'all checks', outcome, required: false, url: null }];
}

function keyOf(check: Check): string {
  if (check.__typename === 'StatusContext') return check.context;
  const run = check.checkSuite?.workflowRun;
  return [run?.workflow.name ?? '', run?.event ?? '', check.name].join('\0');
}

/** ISO times of GitHub are of one form, and in order as text. */
function startOf(check: Check): string {
  return check.__typename === 'CheckRun' ? (check.startedAt ?? '') : '';
}

function checkOf(check: Check): PullCheck {
  const required = check.isRequired ?? false;
  switch (check.__typename) {
    case 'CheckRun':
      return { name: check.name, outcome: runOutcome(check), required, url: check.detailsUrl };
    case 'StatusContext':
      return { name: check.context, outcome: statusOutcome(check.state), required, url: check.targetUrl };
  }
}

function runOutcome({
  status,
  conclusion,
}: {
  readonly status: string;
  readonly conclusion: string | null;
}): CheckOutcome {
  if (status !== 'COMPLETED') return 'pending';
  switch (conclusion) {
    case 'SUCCESS':
    case 'NEUTRAL':
    case 'SKIPPED':
      return 'passed';
    case 'FAILURE':
    case 'TIMED_OUT':
    case 'STARTUP_FAILURE':
      return 'failed';
    default:
      return 'stopped'; // CANCELLED, ACTION_REQUIRED, STALE
  }
}

function statusOutcome(state: string): CheckOutcome {
  switch (state) {
    case 'SUCCESS':
      return 'passed';
    case 'FAILURE':
    case 'ERROR':
      return 'failed';
    default:
      return 'pending'; // PENDING, EXPECTED
  }
}
