import type { Check, Comment, HostedRepository, Pull, Review } from './hosted-repository.js';
import { optionalText, page, Refusal, text, type Answer, type Input, type Inputs, type Node } from './graphql.js';

/* The repository as GitHub's GraphQL shows it: what gh 2.23 and newer ask for, and what o8 does. */

export function graph(hosted: HostedRepository): Node {
  const found = ({ owner, name }: Inputs): Answer => {
    if (owner === hosted.owner && name === hosted.name) return repositoryNode(hosted);
    const wanted = `${text(owner)}/${text(name)}`;
    throw new Refusal(`Could not resolve to a Repository with the name '${wanted}'.`, 'NOT_FOUND');
  };
  return {
    __typename: 'Query',
    viewer: userNode(hosted.viewer),
    repository: found,
    node: ({ id }) => pullNode(hosted, pullWithId(hosted, id)),
    user: ({ login }) => userNode(text(login)),
    organization: ({ login }) => {
      throw new Refusal(`Could not resolve to an Organization with the login of '${text(login)}'.`, 'NOT_FOUND');
    },
    search: ({ query: wanted }) => searchNode(hosted, text(wanted)),
    rateLimit: { __typename: 'RateLimit', cost: 1, remaining: 4999, limit: 5000, resetAt: new Date().toISOString() },
    __type: ({ name }) => typeNode(hosted, text(name)),
  };
}

export function mutations(hosted: HostedRepository): Node {
  const given = (input: Input | undefined): Inputs => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new Refusal('input is missing');
    return input as Inputs;
  };
  const of = (input: Inputs): Pull => pullWithId(hosted, input['pullRequestId'] ?? input['subjectId']);
  const changed = (pull: Pull): Node => ({
    __typename: 'Payload',
    clientMutationId: null,
    pullRequest: pullNode(hosted, pull),
  });
  return {
    __typename: 'Mutation',
    createPullRequest: ({ input }) => {
      const o = given(input);
      return changed(
        hosted.create({
          title: text(o['title']),
          body: optionalText(o['body']) ?? '',
          head: text(o['headRefName']).replace(`${hosted.owner}:`, ''),
          base: text(o['baseRefName']),
          draft: o['draft'] === true,
        }),
      );
    },
    updatePullRequest: ({ input }) => {
      const o = given(input);
      const [title, body, base] = [optionalText(o['title']), optionalText(o['body']), optionalText(o['baseRefName'])];
      const pull = of(o);
      hosted.update(pull, {
        ...(title === null ? {} : { title }),
        ...(body === null ? {} : { body }),
        ...(base === null ? {} : { base }),
      });
      return changed(pull);
    },
    closePullRequest: ({ input }) => {
      const pull = of(given(input));
      hosted.update(pull, { state: 'CLOSED' });
      return changed(pull);
    },
    reopenPullRequest: ({ input }) => {
      const pull = of(given(input));
      hosted.update(pull, { state: 'OPEN' });
      return changed(pull);
    },
    mergePullRequest: ({ input }) => {
      const o = given(input);
      const method = text(o['mergeMethod'] ?? 'MERGE').toLowerCase();
      if (method !== 'merge' && method !== 'squash' && method !== 'rebase') throw new Refusal('mergeMethod is unknown');
      const pull = of(o);
      hosted.merge(pull, {
        method,
        expected: optionalText(o['expectedHeadOid']),
        message: optionalText(o['commitHeadline']),
      });
      return changed(pull);
    },
    addComment: ({ input }) => {
      const o = given(input);
      const pull = of(o);
      const node = commentNode(hosted, pull, hosted.comment(pull, text(o['body'])));
      return { __typename: 'AddCommentPayload', commentEdge: { __typename: 'IssueCommentEdge', node } };
    },
    updateIssueComment: ({ input }) => {
      const o = given(input);
      const id = Number(text(o['id']).replace('IC_', ''));
      const comment = hosted.editComment(id, text(o['body']));
      const pull = hosted.pulls.find(({ comments }) => comments.includes(comment));
      if (pull === undefined) throw new Refusal('Could not resolve to a node', 'NOT_FOUND');
      return { __typename: 'UpdateIssueCommentPayload', issueComment: commentNode(hosted, pull, comment) };
    },
  };
}

/** `PR_7` of pull request 7. */
function pullId({ number }: Pull): string {
  return `PR_${String(number)}`;
}

function pullWithId(hosted: HostedRepository, id: Input | undefined): Pull {
  const found = hosted.pull(Number(text(id).replace('PR_', '')));
  if (found === null) throw new Refusal(`Could not resolve to a node with the global id of '${text(id)}'`, 'NOT_FOUND');
  return found;
}

function userNode(login: string): Node {
  return {
    __typename: 'User',
    id: `U_${login}`,
    login,
    name: login,
    databaseId: 1,
    url: `https://github.com/${login}`,
  };
}

function repositoryNode(hosted: HostedRepository): Node {
  const { owner, name } = hosted;
  return {
    __typename: 'Repository',
    id: 'R_1',
    databaseId: 1,
    name,
    nameWithOwner: `${owner}/${name}`,
    owner: userNode(owner),
    url: `https://github.com/${owner}/${name}`,
    sshUrl: `git@github.com:${owner}/${name}.git`,
    description: null,
    hasIssuesEnabled: true,
    hasWikiEnabled: false,
    isPrivate: false,
    isFork: false,
    isArchived: false,
    isEmpty: false,
    parent: null,
    visibility: 'PUBLIC',
    viewerPermission: hosted.permission,
    viewerCanAdminister: hosted.permission === 'ADMIN',
    defaultBranchRef: refNode(hosted, 'main'),
    mergeCommitAllowed: hosted.allows.includes('merge'),
    squashMergeAllowed: hosted.allows.includes('squash'),
    rebaseMergeAllowed: hosted.allows.includes('rebase'),
    autoMergeAllowed: false,
    deleteBranchOnMerge: hosted.deletesBranches,
    pullRequestTemplates: [],
    assignableUsers: (given) => page('User', [userNode(hosted.viewer)], given),
    labels: (given) => page('Label', [], given),
    milestones: (given) => page('Milestone', [], given),
    projects: (given) => page('Project', [], given),
    projectsV2: (given) => page('ProjectV2', [], given),
    ref: ({ qualifiedName }) => refNode(hosted, text(qualifiedName).replace('refs/heads/', '')),
    pullRequest: (given) => {
      const number = Number(given['number']);
      const pull = hosted.pull(number);
      if (pull !== null) return pullNode(hosted, pull);
      throw new Refusal(`Could not resolve to a PullRequest with the number of ${String(number)}.`, 'NOT_FOUND');
    },
    issueOrPullRequest: ({ number }) => {
      const pull = hosted.pull(Number(number));
      return pull === null ? null : pullNode(hosted, pull);
    },
    pullRequests: (given) => {
      const { headRefName, baseRefName, states, orderBy } = given;
      const some = hosted
        .list()
        .filter(
          (pull) =>
            (typeof headRefName !== 'string' || pull.head === headRefName) &&
            (typeof baseRefName !== 'string' || pull.base === baseRefName) &&
            (!Array.isArray(states) || (states as readonly Input[]).includes(pull.state)),
        );
      const ordered = orderBy === undefined || orderBy === null ? some : some.toReversed();
      return page(
        'PullRequest',
        ordered.map((pull) => pullNode(hosted, pull)),
        given,
      );
    },
  };
}

function refNode(hosted: HostedRepository, name: string): Node | null {
  const commit = hosted.git.head(name);
  if (commit === null) return null;
  const rules = hosted.protections.get(name);
  return {
    __typename: 'Ref',
    id: `REF_${name}`,
    name,
    target: commitNode(hosted, commit, null),
    refUpdateRule:
      rules === undefined
        ? null
        : {
            __typename: 'RefUpdateRule',
            requiredApprovingReviewCount: rules.approvals ?? null,
            requiredStatusCheckContexts: rules.checks ?? [],
            viewerCanPush: rules.restricted !== true,
          },
    branchProtectionRule:
      rules === undefined
        ? null
        : {
            __typename: 'BranchProtectionRule',
            requiresStrictStatusChecks: false,
            requiredApprovingReviewCount: rules.approvals ?? null,
          },
  };
}

function pullNode(hosted: HostedRepository, pull: Pull): Node {
  const { number, headCommit } = pull;
  const url = `https://github.com/${hosted.owner}/${hosted.name}/pull/${String(number)}`;
  const base = (): string => hosted.git.head(pull.base) ?? headCommit;
  return {
    __typename: 'PullRequest',
    id: pullId(pull),
    databaseId: number,
    number,
    title: pull.title,
    body: pull.body,
    url,
    state: pull.state,
    closed: pull.state !== 'OPEN',
    merged: pull.state === 'MERGED',
    isDraft: pull.draft,
    createdAt: pull.createdAt,
    updatedAt: pull.createdAt,
    closedAt: null,
    mergedAt: pull.state === 'MERGED' ? pull.createdAt : null,
    mergedBy: pull.mergedBy === null ? null : userNode(pull.mergedBy),
    mergeCommit: () => (pull.mergeCommit === null ? null : commitNode(hosted, pull.mergeCommit, pull)),
    potentialMergeCommit: null,
    author: userNode(hosted.viewer),
    headRefName: pull.head,
    headRefOid: headCommit,
    headRef: () => refNode(hosted, pull.head),
    headRepository: () => repositoryNode(hosted),
    headRepositoryOwner: userNode(hosted.owner),
    baseRefName: pull.base,
    baseRefOid: base,
    baseRef: () => refNode(hosted, pull.base),
    isCrossRepository: false,
    maintainerCanModify: false,
    autoMergeRequest: null,
    isInMergeQueue: false,
    isMergeQueueEnabled: false,
    viewerCanUpdate: true,
    viewerDidAuthor: true,
    mergeable: () => mergeable(hosted, pull),
    mergeStateStatus: () => mergeState(hosted, pull),
    reviewDecision: () => reviewDecision(hosted, pull),
    reviews: (given) => page('PullRequestReview', pull.reviews.map(reviewNode), given),
    latestReviews: (given) => page('PullRequestReview', hosted.opinions(pull).map(reviewNode), given),
    latestOpinionatedReviews: (given) => page('PullRequestReview', hosted.opinions(pull).map(reviewNode), given),
    reviewRequests: (given) => page('ReviewRequest', [], given),
    comments: (given) =>
      page(
        'IssueComment',
        pull.comments.map((comment) => commentNode(hosted, pull, comment)),
        given,
      ),
    commits: (given) => {
      const commits = pull.state === 'MERGED' ? [headCommit] : hosted.git.commits(base(), headCommit);
      const nodes = commits.map((commit) => ({
        __typename: 'PullRequestCommit',
        commit: commitNode(hosted, commit, pull),
      }));
      return page('PullRequestCommit', nodes, given);
    },
    statusCheckRollup: () => rollupNode(hosted, headCommit, pull),
    files: (given) => page('PullRequestChangedFile', [], given),
    additions: 0,
    deletions: 0,
    changedFiles: 0,
    assignees: (given) => page('User', [], given),
    labels: (given) => page('Label', [], given),
    projectCards: (given) => page('ProjectCard', [], given),
    projectItems: (given) => page('ProjectV2Item', [], given),
    milestone: null,
    reactionGroups: [],
    closingIssuesReferences: (given) => page('Issue', [], given),
  };
}

function mergeable(hosted: HostedRepository, pull: Pull): string {
  if (pull.state === 'MERGED' || hosted.mergeabilityUnknown) return 'UNKNOWN';
  return hosted.conflicts(pull) ? 'CONFLICTING' : 'MERGEABLE';
}

function mergeState(hosted: HostedRepository, pull: Pull): string {
  if (pull.state !== 'OPEN' || hosted.mergeabilityUnknown) return 'UNKNOWN';
  if (hosted.conflicts(pull)) return 'DIRTY';
  if (hosted.whyBlocked(pull) !== null) return 'BLOCKED';
  const outcomes = hosted.checksOf(pull.headCommit).map(({ outcome }) => outcome);
  return outcomes.some((outcome) => outcome === 'pending' || outcome === 'failed') ? 'UNSTABLE' : 'CLEAN';
}

function reviewDecision(hosted: HostedRepository, pull: Pull): string | null {
  const opinions = hosted.opinions(pull).map(({ state }) => state);
  const { approvals = 0 } = hosted.protections.get(pull.base) ?? {};
  if (opinions.includes('CHANGES_REQUESTED')) return 'CHANGES_REQUESTED';
  if (opinions.filter((state) => state === 'APPROVED').length >= Math.max(1, approvals)) return 'APPROVED';
  return approvals > 0 ? 'REVIEW_REQUIRED' : null;
}

function reviewNode({ id, author, state, body, lines }: Review): Node {
  return {
    __typename: 'PullRequestReview',
    id: `REVIEW_${String(id)}`,
    author: userNode(author),
    authorAssociation: 'MEMBER',
    state,
    body,
    url: '',
    submittedAt: new Date(0).toISOString(),
    createdAt: new Date(0).toISOString(),
    commit: null,
    reactionGroups: [],
    comments: (given) =>
      page(
        'PullRequestReviewComment',
        lines.map((line) => ({ __typename: 'PullRequestReviewComment', author: userNode(author), ...line })),
        given,
      ),
  };
}

function commentNode(hosted: HostedRepository, pull: Pull, { id, author, body }: Comment): Node {
  return {
    __typename: 'IssueComment',
    id: `IC_${String(id)}`,
    databaseId: id,
    author: userNode(author),
    authorAssociation: 'OWNER',
    viewerDidAuthor: author === hosted.viewer,
    body,
    url: `https://github.com/${hosted.owner}/${hosted.name}/pull/${String(pull.number)}#issuecomment-${String(id)}`,
    createdAt: new Date(0).toISOString(),
    includesCreatedEdit: false,
    isMinimized: false,
    minimizedReason: null,
    reactionGroups: [],
  };
}

function commitNode(hosted: HostedRepository, commit: string, pull: Pull | null): Node {
  return {
    __typename: 'Commit',
    id: `C_${commit}`,
    oid: commit,
    messageHeadline: '',
    messageBody: '',
    committedDate: new Date(0).toISOString(),
    authoredDate: new Date(0).toISOString(),
    authors: (given) => page('GitActor', [], given),
    statusCheckRollup: () => rollupNode(hosted, commit, pull),
  };
}

/** Null, as at GitHub, for a commit that has no checks. */
function rollupNode(hosted: HostedRepository, commit: string, pull: Pull | null): Node | null {
  const checks = hosted.checksOf(commit);
  if (checks.length === 0) return null;
  const outcomes = checks.map(({ outcome }) => outcome);
  const state = outcomes.includes('failed') ? 'FAILURE' : outcomes.includes('pending') ? 'PENDING' : 'SUCCESS';
  const required = pull === null ? [] : (hosted.protections.get(pull.base)?.checks ?? []);
  return {
    __typename: 'StatusCheckRollup',
    id: `SCR_${commit}`,
    state,
    contexts: (given) =>
      page(
        'StatusCheckRollupContext',
        checks.map((check) => checkNode(check, required.includes(check.name))),
        given,
      ),
  };
}

function checkNode({ name, outcome, kind = 'run' }: Check, required: boolean): Node {
  const link = `https://github.com/checks/${encodeURIComponent(name)}`;
  const isRequired = (): boolean => required;
  if (kind === 'status') {
    const states = { pending: 'PENDING', passed: 'SUCCESS', skipped: 'SUCCESS', failed: 'FAILURE' } as const;
    const state = states[outcome];
    const about = { context: name, state, targetUrl: link, description: '', createdAt: new Date(0).toISOString() };
    return { __typename: 'StatusContext', ...about, isRequired };
  }
  const conclusions = { pending: null, passed: 'SUCCESS', skipped: 'SKIPPED', failed: 'FAILURE' } as const;
  return {
    __typename: 'CheckRun',
    name,
    status: outcome === 'pending' ? 'IN_PROGRESS' : 'COMPLETED',
    conclusion: conclusions[outcome],
    startedAt: new Date(0).toISOString(),
    completedAt: new Date(60_000).toISOString(),
    detailsUrl: link,
    title: null,
    summary: null,
    isRequired,
    checkSuite: {
      __typename: 'CheckSuite',
      app: null,
      workflowRun: {
        __typename: 'WorkflowRun',
        event: 'pull_request',
        workflow: { __typename: 'Workflow', name: 'CI' },
      },
    },
  };
}

/** Only what `gh pr list --search` and `gh pr status` need: all open ones. */
function searchNode(hosted: HostedRepository, wanted: string): Node {
  const open = hosted.list().filter(({ state }) => state === 'OPEN');
  const nodes = wanted.includes('review-requested') ? [] : open.map((pull) => pullNode(hosted, pull));
  return { ...page('SearchResultItem', nodes), issueCount: nodes.length };
}

/** gh looks up which fields this GitHub has before it asks for the newer ones. */
function typeNode(hosted: HostedRepository, name: string): Node | null {
  const fields = (names: readonly string[]): Node => ({
    __typename: '__Type',
    name,
    kind: 'OBJECT',
    fields: () => names.map((field) => ({ __typename: '__Field', name: field })),
    inputFields: null,
    enumValues: null,
  });
  const blank = { number: 0, head: '', base: '', reviews: [], comments: [] } as unknown as Pull;
  switch (name) {
    case 'PullRequest':
      return fields(Object.keys(pullNode(hosted, blank)));
    case 'Repository':
      return fields(Object.keys(repositoryNode(hosted)));
    case 'StatusCheckRollupContextConnection':
      return fields(['edges', 'nodes', 'pageInfo', 'totalCount']);
    default:
      return fields([]);
  }
}
