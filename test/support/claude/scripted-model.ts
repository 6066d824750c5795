import type * as z from 'zod';
import { say, useTool, type Answer, type ApiRequest, type Script, type ToolResult } from './messages-api.js';

/*
 * The model's side of whole conversations, written as one reads them:
 *
 *   function* driver(): Conversation {
 *     const plan = resultOf(planSchema, yield* callO8('plan', { dir }));
 *     if ((yield* ask('Start 2 tasks now?', ['Yes', 'No'])) === 'Yes') yield* callO8('spawn', { dir });
 *     yield* tell(plan.text);
 *   }
 *   const api = await MessagesApi.start(conversations({ when: isDriver, play: driver }));
 *
 * Every session and every subagent of one is a conversation of its own: the CLI names both in the headers.
 */

/** Yields what the model answers; is given the request that follows, with the results of the tools. */
export type Turns<Result> = Generator<Answer, Result, ApiRequest>;

/** May wait between its turns, for instance until the test lets it continue. */
export type Conversation = Turns<void> | AsyncGenerator<Answer, void, ApiRequest>;

export interface Part {
  /** Asked with the first request of a conversation; the first part that says yes plays it. */
  readonly when: (first: ApiRequest) => boolean;
  readonly play: (first: ApiRequest) => Conversation;
}

/** The subagent's id; null for a session itself. */
export function agentIdOf({ headers }: ApiRequest): string | null {
  const id = headers['x-claude-code-agent-id'];
  return typeof id === 'string' ? id : null;
}

export function sessionIdOf({ headers }: ApiRequest): string {
  return String(headers['x-claude-code-session-id']);
}

/** A subagent, or a session started with `--agent`, whose instructions have this text. */
export const whenTold =
  (text: string) =>
  ({ system }: ApiRequest): boolean =>
    system.includes(text);

/** No subagent, and no worker of o8's. */
export const isDriver = (request: ApiRequest): boolean =>
  agentIdOf(request) === null && !request.system.includes('You are one of several workers');

/** The script of an API that several conversations share. A conversation that no part wants is a fault. */
export function conversations(...parts: readonly Part[]): Script {
  const running = new Map<string, Playing>();
  return async (request) => {
    const key = `${sessionIdOf(request)} ${agentIdOf(request) ?? ''}`;
    const known = running.get(key);
    if (known !== undefined) return known.answer(request);
    const part = parts.find(({ when }) => when(request));
    if (part === undefined) throw new Error(`no script for: ${request.userText.slice(-500)}`);
    const playing = new Playing(part.play(request));
    running.set(key, playing);
    return playing.answer(request);
  };
}

class Playing {
  #turn = -1;
  #answer: Promise<Answer> = Promise.resolve(say(''));

  constructor(private readonly conversation: Conversation) {}

  /** The same turn asked again, by a retry or after a resume, is answered the same. */
  async answer(request: ApiRequest): Promise<Answer> {
    if (request.turn > this.#turn) {
      this.#turn = request.turn;
      this.#answer = this.#next(request);
    }
    return this.#answer;
  }

  async #next(request: ApiRequest): Promise<Answer> {
    const step = await this.conversation.next(request);
    return step.done === true ? say('Done.') : step.value;
  }
}

/** Calls one tool; returns what came back. */
export function* call(tool: string, input: Readonly<Record<string, unknown>> = {}): Turns<ToolResult> {
  const [result] = (yield useTool(tool, input)).toolResults;
  if (result === undefined) throw new Error(`nothing came back from ${tool}`);
  return result;
}

/** The name under which the plugin's server offers a tool. */
export const o8Tool = (tool: string): string => `mcp__plugin_o8_o8__${tool}`;

export function* callO8(tool: string, input: Readonly<Record<string, unknown>> = {}): Turns<ToolResult> {
  return yield* call(o8Tool(tool), input);
}

/** Calls tools in one answer, as a model does with calls that need nothing of each other; results in their order. */
export function* callTogether(
  ...calls: readonly (readonly [tool: string, input: Readonly<Record<string, unknown>>])[]
): Turns<readonly ToolResult[]> {
  const blocks = calls.map(([name, input]) => ({ type: 'tool_use' as const, name, input }));
  return (yield { kind: 'blocks', blocks }).toolResults;
}

/** The text to the user that ends the model's turn; returns all that the user's side has said when it continues. */
export function* tell(text: string): Turns<string> {
  return (yield say(text)).userText;
}

/** Asks with AskUserQuestion; returns the chosen option, null when the user would not answer. */
export function* ask(question: string, options: readonly string[] = ['Yes', 'No']): Turns<string | null> {
  const input = {
    question,
    header: 'o8',
    multiSelect: false,
    options: options.map((label) => ({ label, description: label })),
  };
  const { text, isError } = yield* call('AskUserQuestion', { questions: [input] });
  return isError ? null : (options.find((label) => text.includes(`"${question}"="${label}"`)) ?? null);
}

/** What a tool of o8 answered. */
export function resultOf<T extends z.ZodType>(schema: T, result: ToolResult): z.output<T> {
  if (result.isError) throw new Error(`the tool refused: ${result.text}`);
  return schema.parse(JSON.parse(result.text));
}
