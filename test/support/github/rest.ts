import { HeadMoved, InvalidField, NotMergeable, type HostedRepository, type Pull } from './hosted-repository.js';
import { Refusal } from './graphql.js';

export interface RestRequest {
  readonly method: string;
  /** From `/`, without the host's prefix and without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}
export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** GitHub's REST, as far as gh 2.23 and o8 use it. Null: no such address. */
export function rest(hosted: HostedRepository, request: RestRequest): RestAnswer {
  try {
    return answer(hosted, request) ?? failure(404, 'Not Found');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refused(error);
  }
}

function answer(hosted: HostedRepository, request: RestRequest): RestAnswer | null {
  const { method, path } = request;
  if (path === '/') return ok({ current_user_url: 'https://api.github.com/user' });
  if (path === '/user') return ok({ login: hosted.viewer, id: 1 });
  const repository = `/repos/${hosted.owner}/${hosted.name}`;
  if (path === repository) return ok(repositoryJson(hosted));
  if (!path.startsWith(`${repository}/`)) return null;
  const words = path
    .slice(repository.length + 1)
    .split('/')
    .map(decodeURIComponent);
  const [first = '', second = '', third = ''] = words;
  switch (`${method} ${first}`) {
    case 'GET branches':
      return branch(hosted, words.slice(1));
    case 'GET pulls':
      return second === '' ? listed(hosted, request.query) : ok(json(hosted, pullWith(hosted, second)));
    case 'POST pulls':
      return { status: 201, body: json(hosted, created(hosted, request)) };
    case 'PATCH pulls':
      return ok(json(hosted, changed(hosted, pullWith(hosted, second), request)));
    case 'PUT pulls':
      return third === 'merge' ? merged(hosted, pullWith(hosted, second), request) : null;
    case 'GET issues':
      return third === 'comments' ? ok(pullWith(hosted, second).comments.map(commentJson)) : null;
    case 'POST issues': {
      if (third !== 'comments') return null;
      const comment = hosted.comment(pullWith(hosted, second), given(request, 'body') ?? '');
      return { status: 201, body: commentJson(comment) };
    }
    case 'PATCH issues':
      return second === 'comments'
        ? ok(commentJson(hosted.editComment(Number(third), given(request, 'body') ?? '')))
        : null;
    case 'GET compare':
      return compared(hosted, words.slice(1).join('/'));
    case 'DELETE git':
      hosted.deleteBranch(words.slice(3).join('/'));
      return { status: 204, body: null };
    default:
      return null;
  }
}

function ok(body: unknown): RestAnswer {
  return { status: 200, body };
}

function failure(status: number, message: string, errors?: readonly unknown[]): RestAnswer {
  const about = 'https://docs.github.com/rest';
  return { status, body: { message, ...(errors === undefined ? {} : { errors }), documentation_url: about } };
}

function refused(error: Refusal): RestAnswer {
  if (error instanceof HeadMoved) return failure(409, error.message);
  if (error instanceof NotMergeable) return failure(405, error.message);
  if (error instanceof InvalidField) {
    return failure(422, 'Validation Failed', [{ resource: 'PullRequest', field: error.field, code: 'invalid' }]);
  }
  switch (error.type) {
    case 'FORBIDDEN':
      return failure(403, 'Resource not accessible by personal access token');
    case 'NOT_FOUND':
      return failure(404, 'Not Found');
    default:
      return failure(422, 'Validation Failed', [{ resource: 'PullRequest', code: 'custom', message: error.message }]);
  }
}

function pullWith(hosted: HostedRepository, number: string): Pull {
  const found = hosted.pull(Number(number));
  if (found === null) throw new Refusal('Not Found', 'NOT_FOUND');
  return found;
}

function given({ body }: RestRequest, name: string): string | undefined {
  const value = body[name];
  return typeof value === 'string' ? value : undefined;
}

function created(hosted: HostedRepository, request: RestRequest): Pull {
  return hosted.create({
    title: given(request, 'title') ?? '',
    body: given(request, 'body') ?? '',
    head: (given(request, 'head') ?? '').replace(`${hosted.owner}:`, ''),
    base: given(request, 'base') ?? '',
    draft: request.body['draft'] === true,
  });
}

function changed(hosted: HostedRepository, pull: Pull, request: RestRequest): Pull {
  const [title, body, base] = ['title', 'body', 'base'].map((name) => given(request, name));
  const state = given(request, 'state');
  hosted.update(pull, {
    ...(title === undefined ? {} : { title }),
    ...(body === undefined ? {} : { body }),
    ...(base === undefined ? {} : { base }),
    ...(state === undefined ? {} : { state: state === 'closed' ? 'CLOSED' : 'OPEN' }),
  });
  return pull;
}

function merged(hosted: HostedRepository, pull: Pull, request: RestRequest): RestAnswer {
  const method = given(request, 'merge_method') ?? 'merge';
  if (method !== 'merge' && method !== 'squash' && method !== 'rebase') return failure(422, 'Validation Failed');
  const [expected, title, more] = ['sha', 'commit_title', 'commit_message'].map((name) => given(request, name));
  const message =
    title === undefined ? null : [title, ...(more === undefined || more === '' ? [] : ['', more])].join('\n');
  const commit = hosted.merge(pull, { method, expected: expected ?? null, message });
  return ok({ sha: commit, merged: true, message: 'Pull Request successfully merged' });
}

function listed(hosted: HostedRepository, query: URLSearchParams): RestAnswer {
  const head = query.get('head')?.replace(`${hosted.owner}:`, '');
  const state = query.get('state') ?? 'open';
  const some = hosted
    .list()
    .filter((pull) => head === undefined || pull.head === head)
    .filter((pull) => state === 'all' || (state === 'open') === (pull.state === 'OPEN'));
  return ok(some.map((pull) => json(hosted, pull)));
}

function branch(hosted: HostedRepository, words: readonly string[]): RestAnswer | null {
  const isRules = words.at(-1) === 'protection';
  const name = (isRules ? words.slice(0, -1) : words).join('/');
  const commit = hosted.git.head(name);
  if (commit === null) return failure(404, 'Branch not found');
  const rules = hosted.protections.get(name);
  if (!isRules) return ok({ name, protected: rules !== undefined, commit: { sha: commit } });
  if (hosted.permission !== 'ADMIN') return failure(404, 'Not Found');
  if (rules === undefined) return failure(404, 'Branch not protected');
  return ok({
    required_status_checks: rules.checks === undefined ? null : { strict: false, contexts: rules.checks },
    required_pull_request_reviews: { required_approving_review_count: rules.approvals ?? 0 },
  });
}

function compared(hosted: HostedRepository, range: string): RestAnswer {
  const [base, head] = range.split('...').map((branch) => hosted.git.head(branch));
  if (base === undefined || base === null || head === undefined || head === null) return failure(404, 'Not Found');
  return ok({ ahead_by: hosted.git.commits(base, head).length, behind_by: hosted.git.commits(head, base).length });
}

function repositoryJson(hosted: HostedRepository): unknown {
  const push = !['READ', 'TRIAGE'].includes(hosted.permission);
  return {
    id: 1,
    name: hosted.name,
    full_name: `${hosted.owner}/${hosted.name}`,
    default_branch: 'main',
    permissions: { push, pull: true, admin: hosted.permission === 'ADMIN' },
  };
}

function json(hosted: HostedRepository, pull: Pull): unknown {
  return {
    id: pull.number,
    node_id: `PR_${String(pull.number)}`,
    number: pull.number,
    html_url: `https://github.com/${hosted.owner}/${hosted.name}/pull/${String(pull.number)}`,
    state: pull.state === 'OPEN' ? 'open' : 'closed',
    merged: pull.state === 'MERGED',
    merge_commit_sha: pull.mergeCommit,
    title: pull.title,
    body: pull.body,
    draft: pull.draft,
    head: { ref: pull.head, sha: pull.headCommit, label: `${hosted.owner}:${pull.head}` },
    base: { ref: pull.base, sha: hosted.git.head(pull.base) },
  };
}

function commentJson({ id, author, body }: { id: number; author: string; body: string }): unknown {
  return { id, node_id: `IC_${String(id)}`, body, user: { login: author } };
}
