import { describe, expect, it } from 'vitest';
import { agentCommand, checkAgentCommand } from '../../../../../src/core/agents/command/agent-command.js';
import { O8Error } from '../../../../../src/core/base/errors.js';

const values = {
  prompt: 'Do it; rm -rf "$HOME" {task}',
  promptFile: '/runs/1/prompt.md',
  task: 'task-001',
  branch: 'feature/task-001-users',
  worktree: '/work spaces/task-001',
};

describe('agentCommand', () => {
  it('replaces placeholders that are whole arguments, every time they occur', () => {
    const command = ['agent', '--cwd', '{worktree}', '{task}', '{branch}', '{promptFile}', '{task}'];
    expect(agentCommand(command, values)).toEqual([
      'agent',
      '--cwd',
      '/work spaces/task-001',
      'task-001',
      'feature/task-001-users',
      '/runs/1/prompt.md',
      'task-001',
    ]);
  });

  it('gives a prompt as one argument and looks for no placeholders in it', () => {
    expect(agentCommand(['agent', '{prompt}'], values)).toEqual(['agent', values.prompt]);
  });

  it('leaves braces that are no placeholder alone', () => {
    expect(agentCommand(['agent', '{"json":1}', '{other}', '{}'], values)).toEqual([
      'agent',
      '{"json":1}',
      '{other}',
      '{}',
    ]);
  });

  it.each([['--task={task}'], ['sh -c "echo {prompt}"'], ['{task}{branch}']])(
    'refuses a placeholder inside an argument: %s',
    (argument) => {
      expect(() => agentCommand(['agent', argument], values)).toThrow(/only whole arguments are replaced/);
    },
  );

  it.each([[[]], [['']], [['  ', 'x']]])('refuses a command without a program: %j', (command) => {
    expect(() => checkAgentCommand(command)).toThrow(O8Error);
  });

  it('refuses a prompt too long for an argument and names the way out', () => {
    const long = { ...values, prompt: 'é'.repeat(70_000) };
    expect(() => agentCommand(['agent', '{prompt}'], long)).toThrow(
      expect.objectContaining({ code: 'usage', hint: 'Use {promptFile} instead of {prompt} in agent.command.' }),
    );
    expect(agentCommand(['agent', '{promptFile}'], long)).toEqual(['agent', '/runs/1/prompt.md']);
  });
});
