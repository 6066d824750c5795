import * as z from 'zod';
import type { AskProgram, ProgramAnswer } from '../../core/base/program-answer.js';
import type { Answer, ForgeRepository, ForgeTrouble } from '../../core/forge/forge.js';
import type { Redactor } from '../../core/text/redact.js';
import { limitOf, quoted, readGhEnd, troubleOf, type HttpAnswer } from './gh-answer.js';
import { ghEnvironment } from './gh-environment.js';

export interface GhOptions {
  readonly ask: AskProgram;
  readonly repository: ForgeRepository;
  /** A folder that stays; gh reads nothing there. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly redact: Redactor;
}

/** GitHub answers within ten seconds or gives up itself; the rest is a slow network. */
const ANSWER_MS = 60_000;
const VERSION_MS = 20_000;

/** Requests to GitHub by `gh api`, which is the same in every version of gh 2: JSON in and out, and HTTP's status codes. */
export interface GhClient {
  readonly repository: ForgeRepository;
  readonly redact: Redactor;
  readonly version: () => Promise<ProgramAnswer>;
  /** `path`: below the repository's address. The answer may be a refusal: 404, 405, 409 or 422. */
  readonly rest: (method: string, path: string, body?: object) => Promise<HttpAnswer | ForgeTrouble>;
  /** `data` of the answer as `schema` reads it. What is not found is null there. */
  readonly graphql: <T>(query: string, variables: object, schema: z.ZodType<T>) => Promise<Answer<T>>;
}

const graphqlSchema = z.looseObject({
  data: z.unknown().optional(),
  errors: z
    .array(
      z.looseObject({
        message: z.string(),
        type: z.string().optional(),
        path: z.array(z.union([z.string(), z.number()])).optional(),
      }),
    )
    .optional(),
});

export function ghClient({ ask, repository, cwd, env, redact }: GhOptions): GhClient {
  const { host, owner, name } = repository;
  const environment = ghEnvironment(env);

  async function send(method: string, path: string, body: object | null): Promise<HttpAnswer | ForgeTrouble> {
    const input = body === null ? [] : ['--input', '-'];
    const args = ['api', '--hostname', host, '--include', '--method', method, ...input, path];
    const text = body === null ? '' : JSON.stringify(body);
    const end = await ask(['gh', ...args], { cwd, env: environment, input: text, timeoutMs: ANSWER_MS });
    const answer = readGhEnd(end, host, redact);
    if (answer.kind !== 'http') return answer;
    return troubleOf(answer, host, redact, Date.now()) ?? answer;
  }

  return {
    repository,
    redact,
    version: () => ask(['gh', '--version'], { cwd, env: environment, timeoutMs: VERSION_MS }),
    rest: (method, path, body) =>
      send(method, `repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}${path}`, body ?? null),
    async graphql(query, variables, schema) {
      const answer = await send('POST', 'graphql', { query, variables: { owner, name, ...variables } });
      if (answer.kind !== 'http') return answer;
      return readGraphql(answer, schema, redact);
    },
  };
}

function readGraphql<T>(answer: HttpAnswer, schema: z.ZodType<T>, redact: Redactor): Answer<T> {
  const read = graphqlSchema.safeParse(answer.body);
  if (!read.success) return { kind: 'unknown', why: `HTTP status ${String(answer.status)} without a GraphQL answer` };
  const errors = read.data.errors ?? [];
  if (errors.some(({ type }) => type === 'RATE_LIMITED')) {
    return limitOf(answer, Date.now()) ?? { kind: 'rate_limited', until: null };
  }
  // What else is missing must not look as if there were none of it, such as checks that this login may not see.
  const fault = errors.find(({ type, path }) => type !== 'NOT_FOUND' || (path?.length ?? 0) < 2);
  if (fault !== undefined) {
    // Without a type it is GitHub's own failure, for instance a query that took it too long.
    const isOwn = fault.type === undefined && read.data.data !== null && read.data.data !== undefined;
    const kind = fault.type === undefined && (isOwn || read.data.data === undefined) ? 'unknown' : 'refused';
    return { kind, why: quoted(fault.message, redact) };
  }
  const data = schema.safeParse(read.data.data);
  if (data.success) return { kind: 'answered', value: data.data };
  const where = data.error.issues[0]?.path.join('.') ?? '';
  return {
    kind: 'unknown',
    why: `GitHub's answer has an unexpected form at ${where === '' ? 'its top' : quoted(where, redact)}`,
  };
}
