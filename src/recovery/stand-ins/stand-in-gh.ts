import { readFileSync } from 'node:fs';
import { git, tryGit } from '../../git/door/execute.js';
import { asObject, text } from './loose.js';
import { pullRecords, type PullRecord } from './records.js';

const BASE = 'main';
const USER = 'recovery-test';
const PERSON = ['user.name=recovery-test', 'user.email=recovery-test@localhost'];

interface Hub {
  readonly folder: string;
  /** The bare repository behind the remote. */
  readonly bare: string;
}

/** `gh api` as o8 uses it, answered from a bare repository without any network. Returns the exit code. */
export async function standInGh(folder: string, bare: string, argv: readonly string[]): Promise<number> {
  if (argv[0] === '--version') {
    process.stdout.write('gh version 2.99.0 (stand-in)\n');
    return 0;
  }
  if (argv[0] !== 'api') return 0; // gh auth status
  const method = argv[argv.indexOf('--method') + 1] ?? 'GET';
  const path = argv.at(-1) ?? '';
  const body = argv.includes('--input') ? asObject(JSON.parse(readFileSync(0, 'utf8'))) : {};
  const { status, value } = await respond({ folder, bare }, method, path, body);
  process.stdout.write(
    `HTTP/2.0 ${String(status)} x\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(value)}`,
  );
  return status < 400 ? 0 : 1;
}

interface Response {
  readonly status: number;
  readonly value: unknown;
}
type Body = Readonly<Record<string, unknown>>;

async function respond(hub: Hub, method: string, path: string, body: Body): Promise<Response> {
  if (path === 'graphql') return { status: 200, value: { data: await query(hub, body) } };
  const below = path.replace(/^repos\/[^/]+\/[^/]+/, '');
  const number = Number(/\d+/.exec(below)?.[0] ?? 0);
  const pulls = pullRecords(hub.folder);
  switch (`${method} ${below.replace(/\d+/, 'N')}`) {
    case `GET /branches/${BASE}`:
      return { status: 200, value: { name: BASE, protected: false } };
    case 'POST /pulls': {
      const opened = pulls.all().filter(({ kind }) => kind === 'opened').length;
      const named = {
        title: text(body['title']),
        body: text(body['body']),
        head: text(body['head']),
        base: text(body['base']),
      };
      pulls.add({ kind: 'opened', number: opened + 1, ...named });
      return { status: 201, value: nameOf(opened + 1) };
    }
    case 'PATCH /pulls/N': {
      const [title, about] = [body['title'], body['body']];
      if (body['state'] === 'closed') pulls.add({ kind: 'closed', number });
      else
        pulls.add({
          ...{ kind: 'edited', number },
          ...(typeof title === 'string' ? { title } : {}),
          ...(typeof about === 'string' ? { body: about } : {}),
        });
      return { status: 200, value: nameOf(number) };
    }
    case 'PUT /pulls/N/merge':
      return merge(hub, number, body);
    case 'POST /issues/N/comments': {
      const id = pulls.all().length + 1;
      pulls.add({ kind: 'comment', number, id, body: text(body['body']) });
      return { status: 201, value: { id } };
    }
    default:
      return { status: 404, value: { message: `The stand-in for GitHub has no ${method} ${below}` } };
  }
}

const nameOf = (number: number): object => ({ number, html_url: urlOf(number) });
const urlOf = (number: number): string => `https://github.com/${USER}/shop/pull/${String(number)}`;

async function query(hub: Hub, body: Body): Promise<object> {
  const asked = text(body['query']);
  const variables = asObject(body['variables']);
  const records = pullRecords(hub.folder).all();
  switch (/^query (\w+)/.exec(asked)?.[1]) {
    case 'O8Preflight':
      return { viewer: { login: USER }, repository: await repository(hub) };
    case 'O8Look': {
      const named = [...asked.matchAll(/\b(p\d+): pullRequest\(number: (\d+)\)/g)];
      const each = named.map(
        async ([, name = '', number]) => [name, await pull(hub, records, Number(number))] as const,
      );
      return { repository: Object.fromEntries(await Promise.all(each)) };
    }
    case 'O8Find': {
      const names = Object.keys(variables).filter((name) => /^h\d+$/.test(name));
      const each = names.map(async (name) => {
        const numbers = records.flatMap((record) =>
          record.kind === 'opened' && record.head === variables[name] ? [record.number] : [],
        );
        const nodes = await Promise.all(numbers.reverse().map(async (number) => pull(hub, records, number)));
        return [name, { nodes }] as const;
      });
      return { repository: Object.fromEntries(await Promise.all(each)) };
    }
    default: {
      const nodes = records.flatMap((record) =>
        record.kind === 'comment' && record.number === variables['number']
          ? [{ databaseId: record.id, body: record.body, viewerDidAuthor: true }]
          : [],
      );
      return {
        repository: { pullRequest: { comments: { pageInfo: { hasNextPage: false, endCursor: null }, nodes } } },
      };
    }
  }
}

async function repository({ bare }: Hub): Promise<object> {
  return {
    ...{ name: 'shop', owner: { login: USER }, viewerPermission: 'ADMIN', isArchived: false },
    ...{ mergeCommitAllowed: true, squashMergeAllowed: true, rebaseMergeAllowed: true, deleteBranchOnMerge: false },
    ref: { target: { oid: await commitOf(bare, BASE) }, refUpdateRule: null },
  };
}

async function commitOf(bare: string, branch: string): Promise<string | null> {
  const { code, stdout } = await tryGit(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`], { cwd: bare });
  return code === 0 ? stdout.trim() : null;
}

async function pull({ bare }: Hub, all: readonly PullRecord[], number: number): Promise<object | null> {
  const records = all.filter((record) => record.number === number);
  const opened = records.find((record) => record.kind === 'opened');
  if (opened?.kind !== 'opened') return null;
  const edits = records.filter((record) => record.kind === 'edited');
  const merged = records.find((record) => record.kind === 'merged') ?? null;
  const branch = await commitOf(bare, opened.head);
  const head = merged?.head ?? branch ?? '';
  const status = { __typename: 'StatusContext', context: 'ci', state: 'SUCCESS', targetUrl: null };
  const rollup = { state: 'SUCCESS', contexts: { pageInfo: { hasNextPage: false }, nodes: [status] } };
  return {
    ...{ number, url: urlOf(number), isDraft: false, isCrossRepository: false },
    title: edits.findLast(({ title }) => title !== undefined)?.title ?? opened.title,
    body: edits.findLast(({ body }) => body !== undefined)?.body ?? opened.body,
    state: merged !== null ? 'MERGED' : records.some(({ kind }) => kind === 'closed') ? 'CLOSED' : 'OPEN',
    ...{ headRefName: opened.head, headRefOid: head, headRef: branch === null ? null : { id: opened.head } },
    ...{ baseRefName: opened.base, baseRef: { refUpdateRule: null } },
    ...{ mergeable: 'MERGEABLE', mergeStateStatus: 'CLEAN', reviewDecision: null },
    mergeCommit: merged === null ? null : { oid: merged.commit },
    mergedBy: merged === null ? null : { login: USER },
    latestOpinionatedReviews: { nodes: [] },
    commits: { nodes: [{ commit: { oid: head, statusCheckRollup: rollup } }] },
  };
}

/** A squash, whatever was asked for: what the settings have by default. */
async function merge({ folder, bare }: Hub, number: number, body: Body): Promise<Response> {
  const pulls = pullRecords(folder);
  const opened = pulls.all().find((record) => record.kind === 'opened' && record.number === number);
  if (opened?.kind !== 'opened') return { status: 404, value: { message: 'Not Found' } };
  if (pulls.all().some((record) => record.kind === 'merged' && record.number === number))
    return { status: 405, value: { message: 'Pull Request is not mergeable' } };
  const [head, base] = [await commitOf(bare, opened.head), await commitOf(bare, opened.base)];
  if (head === null || base === null || head !== body['sha'])
    return { status: 409, value: { message: 'Head branch was modified. Review and try the merge again.' } };
  const merged = await tryGit(['merge-tree', '--write-tree', base, head], { cwd: bare });
  if (merged.code !== 0) return { status: 405, value: { message: 'Pull Request is not mergeable' } };
  const [tree = ''] = merged.stdout.split('\n');
  const message = text(body['commit_title']) || opened.title;
  const made = await git(['commit-tree', tree, '-p', base, '-m', message], { cwd: bare, config: PERSON });
  const commit = made.trim();
  await git(['update-ref', `refs/heads/${opened.base}`, commit, base], { cwd: bare });
  pulls.add({ kind: 'merged', number, head, commit });
  return { status: 200, value: { sha: commit, merged: true } };
}
