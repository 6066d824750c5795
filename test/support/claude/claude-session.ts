import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import * as z from 'zod';
import { claudeEnvironment, claudeProgram, type ClaudeEvent } from './claude.js';
import { MarkedProcesses } from '../programs/marked-processes.js';
import type { MessagesApi } from './messages-api.js';

/*
 * A session of the real CLI as a user has it who changed nothing: default permission mode, no tool allowed beforehand,
 * every question asked. It has no terminal: `--permission-prompt-tool stdio` sends what a terminal would ask as a
 * `control_request` (`can_use_tool`) over stdout and takes the answer as a `control_response` on stdin, which is what the
 * Agent SDK does. Measured with 2.1.197: rules (`allowed-tools` of a command included) come first as in a terminal,
 * AskUserQuestion is offered only in this way and takes its answers in `updatedInput`, prompts of a subagent carry its
 * id, slash commands are expanded in stream-json input, and no session exists (no `init` event) before a user's message.
 */

const PLUGIN = resolve(import.meta.dirname, '../../..');
/** The first request would leave without the tools of a server that is still starting. Asking costs nothing. */
const ASK_SERVERS_EVERY_MS = 25;
/** A start takes one second alone and several when the machine is busy. */
const DEFAULT_TIMEOUT_MS = 90_000;
/** From the end of its input to its own end the CLI takes about half a second: it ends its servers in between. */
const END_MS = 15_000;

/** What the user was asked. */
export interface PermissionPrompt {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** The id of the subagent that wants it; null for the session itself. */
  readonly agent: string | null;
}

export type PermissionAnswer =
  | { readonly behavior: 'allow'; readonly updatedInput: Readonly<Record<string, unknown>> }
  | { readonly behavior: 'deny'; readonly message: string };

/** The user: is asked, and answers. */
export type User = (prompt: PermissionPrompt) => PermissionAnswer | Promise<PermissionAnswer>;

export const allow = ({ input }: PermissionPrompt): PermissionAnswer => ({ behavior: 'allow', updatedInput: input });

export const deny = (message: string): PermissionAnswer => ({ behavior: 'deny', message });

/** A user who answers these questions, allows these tools and denies all others. An unknown question is a fault. */
export function user(knows: {
  readonly answers?: Readonly<Record<string, string>>;
  readonly allows?: readonly string[];
}): User {
  return (prompt) => {
    if (prompt.tool !== 'AskUserQuestion') {
      return (knows.allows ?? []).includes(prompt.tool) ? allow(prompt) : deny('The user does not want this.');
    }
    const answers = questionsOf(prompt).map((question) => [question, knows.answers?.[question]] as const);
    const unknown = answers.find(([, answer]) => answer === undefined);
    if (unknown !== undefined) throw new Error(`the user has no answer to: ${unknown[0]}`);
    return { behavior: 'allow', updatedInput: { ...prompt.input, answers: Object.fromEntries(answers) } };
  };
}

const questionsSchema = z.looseObject({ questions: z.array(z.looseObject({ question: z.string() })) });

export function questionsOf({ input }: PermissionPrompt): string[] {
  return questionsSchema.parse(input).questions.map(({ question }) => question);
}

export interface SessionOptions {
  readonly cwd: string;
  /** A folder of the test's own; made when it is not there. */
  readonly home: string;
  readonly api: MessagesApi;
  /** Denies everything when not given. */
  readonly user?: User;
  /** On top of the plugin and what makes the session one. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whose the processes are that outlive the session, such as a supervisor. The session's, and killed with it, when not given. */
  readonly processes?: MarkedProcesses;
  /** The plugin's folder, null for none. This project when not given. */
  readonly plugin?: string | null;
  /** For the whole session. */
  readonly timeoutMs?: number;
}

const eventSchema = z.looseObject({ type: z.string(), subtype: z.string().optional() });
const requestSchema = z.looseObject({
  request_id: z.string(),
  request: z.looseObject({
    subtype: z.string(),
    tool_name: z.string().optional(),
    input: z.record(z.string(), z.unknown()).optional(),
    agent_id: z.string().optional(),
  }),
});
const responseSchema = z.looseObject({
  response: z.looseObject({ subtype: z.string(), request_id: z.string(), response: z.unknown().optional() }),
});
const serversSchema = z.looseObject({ mcpServers: z.array(z.looseObject({ name: z.string(), status: z.string() })) });
const resultSchema = z.looseObject({ type: z.literal('result'), is_error: z.boolean(), result: z.string().optional() });
type SessionResult = z.output<typeof resultSchema>;

const blockSchema = z.looseObject({
  type: z.string(),
  id: z.string().optional(),
  name: z.string().optional(),
  input: z.record(z.string(), z.unknown()).optional(),
  tool_use_id: z.string().optional(),
  is_error: z.boolean().optional(),
});
const messageSchema = z.looseObject({
  parent_tool_use_id: z.string().nullable(),
  message: z.looseObject({ content: z.union([z.string().transform(() => []), z.array(blockSchema)]) }),
});

/** A call of a tool and how it ended. */
export interface ToolCall {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** By a subagent of the session. */
  readonly subagent: boolean;
  readonly outcome: 'pending' | 'ok' | 'error';
}

interface Waiting<T> {
  readonly done: (value: T) => void;
  readonly failed: (error: Error) => void;
}

export class ClaudeSession {
  /** Everything of the stream but the control messages, oldest first. */
  readonly events: ClaudeEvent[] = [];
  /** Everything the user was asked, oldest first. */
  readonly prompts: PermissionPrompt[] = [];
  readonly #faults: Error[] = [];
  readonly #replies = new Map<string, Waiting<unknown>>();
  #turn: Waiting<SessionResult> | null = null;
  /** Of turns that ended while nobody waited. */
  readonly #unasked: SessionResult[] = [];
  #requests = 0;
  #stderr = '';
  readonly #ended: Promise<void>;

  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
    private readonly user: User,
    private readonly api: MessagesApi,
    private readonly own: MarkedProcesses | null,
  ) {
    child.stdin.on('error', () => undefined); // it may end without reading its input; `#over` says so
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#read(line).catch((error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    });
    this.#ended = new Promise((ended) => {
      child.once('error', (error) => this.#fail(error));
      child.once('exit', (code, signal) => {
        this.#fail(new Error(`claude ended (${code ?? signal}): ${this.#stderr}`));
        ended();
      });
    });
  }

  /** Starts it and waits for its MCP servers. It is closed with the test at the latest. */
  static async start(options: SessionOptions): Promise<ClaudeSession> {
    const { cwd, home, api, plugin = PLUGIN, args = [], env = {} } = options;
    const own = options.processes === undefined ? new MarkedProcesses() : null;
    await mkdir(home, { recursive: true });
    const streams = ['--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'];
    const plugins = plugin === null ? [] : ['--plugin-dir', plugin];
    const all = ['-p', ...plugins, ...streams, '--permission-prompt-tool', 'stdio', ...args];
    const child = spawn(claudeProgram(), all, {
      cwd,
      env: {
        ...claudeEnvironment(home, api),
        ENABLE_TOOL_SEARCH: 'false', // all tools are sent, and not only their names
        ...env,
        ...(options.processes ?? own)?.environment,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const session = new ClaudeSession(child, options.user ?? user({}), api, own);
    onTestFinished(async () => session.close());
    await session.#request({ subtype: 'initialize' });
    await session.#waitForServers();
    return session;
  }

  /**
   * Says something to it, a slash command for instance, and waits until the model has ended its turn. Returns its last text. Rejects with what
   * a script threw, or when the turn ended with an error.
   */
  async say(words: string): Promise<string> {
    const result = this.#nextResult();
    this.#send({
      type: 'user',
      message: { role: 'user', content: words },
      parent_tool_use_id: null,
      session_id: '',
    });
    return this.#lastText(await result);
  }

  /** Waits for the end of a turn that begins by itself, when an agent in the background is done. Returns its last text. */
  async nextTurn(): Promise<string> {
    return this.#lastText(this.#unasked.shift() ?? (await this.#nextResult()));
  }

  async #nextResult(): Promise<SessionResult> {
    const result = new Promise<SessionResult>((done, failed) => (this.#turn = { done, failed }));
    const [fault] = this.#faults;
    if (fault !== undefined) throw fault;
    return result.finally(() => (this.#turn = null));
  }

  #lastText({ is_error, result: text = '' }: SessionResult): string {
    const [thrown] = this.api.faults;
    if (thrown !== undefined) throw thrown instanceof Error ? thrown : new Error('a script failed', { cause: thrown });
    if (is_error) throw new Error(`the turn ended with an error: ${text}`);
    return text;
  }

  /** Every call of a tool so far, the subagents' included, in the order in which they were made. */
  get calls(): ToolCall[] {
    const messages = this.events.flatMap((event) => {
      const message = messageSchema.safeParse(event);
      return message.success ? [message.data] : [];
    });
    const blocks = messages.flatMap(({ parent_tool_use_id, message }) =>
      message.content.map((block) => ({ ...block, subagent: parent_tool_use_id !== null })),
    );
    const outcomes = new Map(
      blocks.flatMap(({ type, tool_use_id, is_error }) =>
        type === 'tool_result' ? [[tool_use_id, is_error === true ? 'error' : 'ok'] as const] : [],
      ),
    );
    return blocks.flatMap(({ type, id, name = '', input = {}, subagent }) =>
      type === 'tool_use' ? [{ tool: name, input, subagent, outcome: outcomes.get(id) ?? 'pending' }] : [],
    );
  }

  /** Ends it as its user would, in mid-turn by force, and kills what is left of it. */
  async close(): Promise<void> {
    this.child.stdin.end();
    if (this.#turn !== null) this.child.kill('SIGKILL');
    const inTime = await Promise.race([this.#ended.then(() => true), sleep(END_MS, false, { ref: false })]);
    if (!inTime) this.child.kill('SIGKILL');
    await this.#ended;
    await this.own?.kill();
  }

  async #waitForServers(): Promise<void> {
    for (;;) {
      const { mcpServers } = serversSchema.parse(await this.#request({ subtype: 'mcp_status' }));
      const lost = mcpServers.find(({ status }) => status !== 'connected' && status !== 'pending');
      if (lost !== undefined) throw new Error(`the server ${lost.name} is ${lost.status}`);
      if (mcpServers.every(({ status }) => status === 'connected')) return;
      await sleep(ASK_SERVERS_EVERY_MS);
    }
  }

  async #request(request: Readonly<Record<string, unknown>>): Promise<unknown> {
    const id = `test-${(this.#requests += 1)}`;
    return new Promise((done, failed) => {
      const [fault] = this.#faults;
      if (fault !== undefined) return failed(fault);
      this.#replies.set(id, { done, failed });
      this.#send({ type: 'control_request', request_id: id, request });
    });
  }

  #send(message: object): void {
    this.child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  async #read(line: string): Promise<void> {
    const event = eventSchema.parse(JSON.parse(line));
    switch (event.type) {
      case 'control_request':
        return this.#answer(requestSchema.parse(event));
      case 'control_response': {
        const { response } = responseSchema.parse(event);
        const waiting = this.#replies.get(response.request_id);
        this.#replies.delete(response.request_id);
        if (response.subtype === 'success') waiting?.done(response.response);
        else waiting?.failed(new Error(`claude refused: ${line}`));
        return;
      }
      case 'result':
        this.events.push(event);
        if (this.#turn === null) this.#unasked.push(resultSchema.parse(event));
        else this.#turn.done(resultSchema.parse(event));
        return;
      default:
        this.events.push(event);
    }
  }

  async #answer({ request_id, request }: z.output<typeof requestSchema>): Promise<void> {
    if (request.subtype !== 'can_use_tool') throw new Error(`claude asks for ${request.subtype}`);
    const prompt: PermissionPrompt = {
      tool: request.tool_name ?? '',
      input: request.input ?? {},
      agent: request.agent_id ?? null,
    };
    this.prompts.push(prompt);
    const response = await this.user(prompt);
    this.#send({ type: 'control_response', response: { subtype: 'success', request_id, response } });
  }

  #fail(error: Error): void {
    this.#faults.push(error);
    this.#turn?.failed(error);
    for (const { failed } of this.#replies.values()) failed(error);
    this.#replies.clear();
  }
}
