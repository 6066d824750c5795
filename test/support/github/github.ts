import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import * as z from 'zod';
import { graph, mutations } from './graph.js';
import { execute, parseOperation, Refusal, type Inputs } from './graphql.js';
import { HostedRepository } from './hosted-repository.js';
import { rest } from './rest.js';

/*
 * A GitHub of the tests' own on a Unix socket, for the real gh (`http_unix_socket` in its settings) and for github.com's
 * addresses. It has one repository, whose commits are those of a real bare repository that the test gives.
 */

/** The login that tests have; a request with another one is refused as GitHub does. */
export const TOKEN = 'o8-test-token-0123456789';
export const VIEWER = 'o8-tester';

/** A request as a test counts it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** The name of the GraphQL operation, or method and path. */
  readonly what: string;
  readonly body: string;
}

/** How GitHub is not well: everything is answered so until a test says otherwise. */
export type Trouble =
  /** The hour's requests are used up: 403 with the time of the reset; GraphQL says RATE_LIMITED with status 200. */
  | { readonly kind: 'rate_limit'; readonly resetAt: Date }
  /** Too many at once: `status` with `Retry-After`. */
  | { readonly kind: 'secondary_limit'; readonly status: 403 | 429; readonly retryAfterSeconds: number | null }
  | { readonly kind: 'status'; readonly status: number; readonly body: string }
  /** Takes the request and never answers. */
  | { readonly kind: 'silence' }
  /** Does what was asked for, and the connection breaks before the answer. */
  | { readonly kind: 'lost_answer' }
  /** GraphQL answers this for the operation or for all. */
  | { readonly kind: 'shape'; readonly operation: string | null; readonly body: unknown };

const graphqlSchema = z.looseObject({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

export class GitHub {
  readonly requests: SeenRequest[] = [];
  /** Questions it could not answer: what gh asks that this GitHub does not know. */
  readonly faults: string[] = [];
  trouble: Trouble | null = null;
  readonly #open = new Set<Socket>();
  #server: Server | null = null;

  private constructor(
    readonly socket: string,
    readonly repository: HostedRepository,
  ) {}

  /** `bare` is the repository that the test pushes to; `socket` a path of at most 100 characters. */
  static async start(o: { socket: string; bare: string; owner?: string; name?: string }): Promise<GitHub> {
    const { owner = 'acme', name = 'shop' } = o;
    const github = new GitHub(o.socket, new HostedRepository(owner, name, VIEWER, o.bare));
    await github.connect();
    return github;
  }

  /** Requests of this name: a GraphQL operation, or `PUT /repos/acme/shop/pulls/1/merge`. */
  count(what: string | RegExp): number {
    return this.requests.filter((seen) => (typeof what === 'string' ? seen.what === what : what.test(seen.what)))
      .length;
  }

  /** The network is there again. */
  async connect(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        this.faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
        response.destroy();
      });
    });
    server.on('connection', (socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
    await new Promise<void>((listening, failed) => {
      server.once('error', failed);
      server.listen(this.socket, listening);
    });
    this.#server = server;
  }

  /** The network is gone: nobody listens any more. */
  async disconnect(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise((done) => server.close(done));
    for (const socket of this.#open) socket.destroy();
    await closed;
    rmSync(this.socket, { force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    const address = new URL(request.url ?? '/', 'http://github');
    // github.com's API has a host of its own; an enterprise server has it below /api.
    const path = address.pathname.replace(/^\/api\/v3\b/, '').replace(/^\/api\/graphql$/, '/graphql') || '/';
    const method = request.method ?? 'GET';
    const isGraphql = path === '/graphql';
    const asked = isGraphql ? graphqlSchema.parse(JSON.parse(body)) : null;
    const operation = asked === null ? null : parseOperation(asked.query);
    const what = operation === null ? `${method} ${path}` : (operation.name ?? 'unnamed');
    this.requests.push({ method, path, what, body });

    const { trouble } = this;
    if (trouble !== null && trouble.kind !== 'lost_answer' && this.#isTroubled(trouble, response, operation)) return;
    if (request.headers.authorization !== `token ${TOKEN}`) {
      send(response, 401, { message: 'Bad credentials', documentation_url: 'https://docs.github.com/rest' });
      return;
    }
    const answer =
      asked === null || operation === null
        ? rest(this.repository, { method, path, query: address.searchParams, body: parsed(body) })
        : { status: 200, body: this.#graphql(operation, (asked.variables ?? {}) as Inputs) };
    if (asked === null && answer.status === 404 && method !== 'GET') this.faults.push(what);
    if (trouble?.kind === 'lost_answer') {
      response.destroy();
      return;
    }
    send(response, answer.status, answer.body);
  }

  #graphql(operation: ReturnType<typeof parseOperation>, variables: Inputs): unknown {
    const root = operation.kind === 'query' ? graph(this.repository) : mutations(this.repository);
    try {
      const { data, errors } = execute(operation, root, variables);
      if (data === null) this.faults.push(...errors.map(({ message }) => message));
      return { data, ...(errors.length === 0 ? {} : { errors }) };
    } catch (error) {
      if (error instanceof Refusal) return { data: null, errors: [{ message: error.message, type: error.type }] };
      throw error;
    }
  }

  #isTroubled(
    trouble: Exclude<Trouble, { kind: 'lost_answer' }>,
    response: ServerResponse,
    operation: { readonly name: string | null } | null,
  ): boolean {
    switch (trouble.kind) {
      case 'rate_limit': {
        const reset = String(Math.ceil(trouble.resetAt.getTime() / 1000));
        const headers = { 'X-RateLimit-Limit': '5000', 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': reset };
        const message = 'API rate limit exceeded for user ID 1.';
        if (operation === null) send(response, 403, { message }, headers);
        else send(response, 200, { errors: [{ type: 'RATE_LIMITED', message }] }, headers);
        return true;
      }
      case 'secondary_limit': {
        const { status, retryAfterSeconds } = trouble;
        const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
        send(
          response,
          status,
          { message },
          retryAfterSeconds === null ? {} : { 'Retry-After': String(retryAfterSeconds) },
        );
        return true;
      }
      case 'status':
        response.writeHead(trouble.status, { 'Content-Type': 'text/html' }).end(trouble.body);
        return true;
      case 'silence':
        return true;
      case 'shape':
        if (operation === null || (trouble.operation !== null && operation.name !== trouble.operation)) return false;
        send(response, 200, trouble.body);
        return true;
    }
  }
}

function parsed(body: string): Record<string, unknown> {
  return body === '' ? {} : z.record(z.string(), z.unknown()).parse(JSON.parse(body));
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'X-RateLimit-Limit': '5000',
    'X-RateLimit-Remaining': '4999',
    'X-RateLimit-Reset': String(Math.ceil(Date.now() / 1000) + 3600),
    'X-OAuth-Scopes': 'repo, read:org, gist',
    ...headers,
  });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}
