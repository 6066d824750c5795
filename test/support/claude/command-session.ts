import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { ClaudeSession, type User } from './claude-session.js';
import type { MarkedProcesses } from '../programs/marked-processes.js';
import { MessagesApi } from './messages-api.js';
import { conversations, isDriver, type Part } from './scripted-model.js';

export interface CommandSessionOptions {
  /** The repository the session is opened in; what the session needs is put beside it and goes with it. */
  readonly root: string;
  /** Whose a supervisor is that the session starts; see `SessionOptions`. */
  readonly processes?: MarkedProcesses;
  /** The model of the session. */
  readonly driver: Part['play'];
  /** The models of its subagents. */
  readonly subagents?: readonly Part[];
  readonly user: User;
  /** For the whole session; see `SessionOptions`. */
  readonly timeoutMs?: number;
}

/** A user's session with the plugin, and what its model was told. */
export class CommandSession {
  private constructor(
    readonly claude: ClaudeSession,
    private readonly api: MessagesApi,
  ) {}

  static async open(options: CommandSessionOptions): Promise<CommandSession> {
    const { root, processes, driver, subagents = [], user, timeoutMs } = options;
    const api = await MessagesApi.start(conversations(...subagents, { when: isDriver, play: driver }));
    onTestFinished(async () => api.close());
    const home = join(root, '../claude-home');
    const claude = await ClaudeSession.start({
      cwd: root,
      home,
      api,
      user,
      ...(processes === undefined ? {} : { processes }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    return new CommandSession(claude, api);
  }

  /** A slash command or another message; returns the model's last words. */
  async say(words: string): Promise<string> {
    return this.claude.say(words);
  }

  /** The model's last words of a turn that begins by itself; see `ClaudeSession.nextTurn`. */
  async nextTurn(): Promise<string> {
    return this.claude.nextTurn();
  }

  /** All that the model of the session was told by the user's side, the commands' texts included. */
  get told(): string {
    return this.api.mainRequests.filter(isDriver).at(-1)?.userText ?? '';
  }

  /** The calls of tools that the model of the session made, in order, o8's by their short names. */
  get calls(): (readonly [tool: string, input: Readonly<Record<string, unknown>>])[] {
    return this.claude.calls.filter(({ subagent }) => !subagent).map(({ tool, input }) => [short(tool), input]);
  }

  /** The tools of calls, of subagents too, that ended with an error. */
  get refused(): string[] {
    return this.claude.calls.filter(({ outcome }) => outcome !== 'ok').map(({ tool }) => short(tool));
  }

  /** What the user was asked, in order: a question's words, or the tool with what it wants. */
  get asked(): string[] {
    return this.claude.prompts.map(({ tool, input }) => {
      const { questions, command, file_path: file } = input;
      if (Array.isArray(questions)) return questions.map(({ question }: { question: string }) => question).join('; ');
      return [short(tool), ...[command, file].filter((part) => typeof part === 'string')].join(' ');
    });
  }
}

function short(tool: string): string {
  return tool.replace(/^mcp__plugin_o8_o8__/, '');
}
