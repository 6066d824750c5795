import { ARGUMENT_LIMIT_BYTES } from '../base/argument-limit.js';
import { O8Error } from '../../base/errors.js';

/** The values of the placeholders in `agent.command`; paths are absolute. */
export interface AgentCommandValues {
  readonly prompt: string;
  readonly promptFile: string;
  readonly task: string;
  readonly branch: string;
  readonly worktree: string;
}

const PLACEHOLDERS = [
  'prompt',
  'promptFile',
  'task',
  'branch',
  'worktree',
] as const satisfies readonly (keyof AgentCommandValues)[];

/**
 * O8Error `usage` for a command without a program or with a placeholder inside an argument: only whole arguments are
 * replaced, so that no value is split or read by a shell.
 */
export function checkAgentCommand(command: readonly string[], key = 'agent'): void {
  if ((command[0] ?? '').trim() === '') {
    throw new O8Error(
      'usage',
      `${key}.command names no program.`,
      'Write it as a list, the program first: ["my-agent", "{promptFile}"]',
    );
  }
  for (const argument of command) {
    const inside = PLACEHOLDERS.find((name) => argument.includes(`{${name}}`) && argument !== `{${name}}`);
    if (inside !== undefined) {
      throw new O8Error(
        'usage',
        `${key}.command has {${inside}} inside the argument ${JSON.stringify(argument)}; only whole arguments are replaced.`,
        `Make "{${inside}}" a separate argument, or read the value from the agent's environment (O8_PROMPT_FILE, O8_TASK_ID, O8_BRANCH, O8_WORKTREE).`,
      );
    }
  }
}

/** The command line of `agent.command`. O8Error `usage` when the template is wrong or the prompt is too long for an argument. */
export function agentCommand(command: readonly string[], values: AgentCommandValues): string[] {
  checkAgentCommand(command);
  if (command.includes('{prompt}') && Buffer.byteLength(values.prompt) > ARGUMENT_LIMIT_BYTES) {
    throw new O8Error(
      'usage',
      `The prompt of task ${values.task} is ${String(Buffer.byteLength(values.prompt))} bytes, too long for one argument.`,
      'Use {promptFile} instead of {prompt} in agent.command.',
    );
  }
  return command.map((argument) => {
    const name = PLACEHOLDERS.find((candidate) => argument === `{${candidate}}`);
    return name === undefined ? argument : values[name];
  });
}
