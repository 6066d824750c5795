import { describe, expect, it } from 'vitest';
import { parseCommand, renderCommand } from '../../../../src/core/commands/command-prompt.js';

const HEAD = "---\nname: parallel-x\ndescription: Do x\nargument-hint: '<dir> [--yes]'\nallowed-tools: Bash(x)\n---\n";
const command = (body: string) => parseCommand(`${HEAD}\n${body}\n`);

describe('a slash command as a prompt', () => {
  it('is read from its file', () => {
    expect(command('Do it.')).toEqual({
      name: 'parallel-x',
      description: 'Do x',
      argumentHint: '<dir> [--yes]',
      body: 'Do it.',
    });
    expect(() => parseCommand('Do it.')).toThrow();
  });

  it('has the arguments, whatever is in them, in every place', () => {
    const args = '$& `x` ${CLAUDE_PLUGIN_ROOT}/y $ARGUMENTS';
    expect(renderCommand(command('A $ARGUMENTS, b $ARGUMENTS'), args, '/o8')).toBe(`A ${args}, b ${args}`);
    expect(renderCommand(command('A `$ARGUMENTS`.'), '', '/o8')).toBe('A ``.');
  });

  it('has the path of each program, as one word for a shell', () => {
    const { body } = command('`node ${CLAUDE_PLUGIN_ROOT}/dist/o8.js render <folder>` or ${CLAUDE_PLUGIN_ROOT}/a.md');
    expect(renderCommand({ ...command(''), body }, '', '/opt/o8')).toBe(
      '`node /opt/o8/dist/o8.js render <folder>` or /opt/o8/a.md',
    );
    expect(renderCommand({ ...command(''), body }, '', "/my $HOME's/o8")).toContain(
      "node '/my $HOME'\\''s/o8/dist/o8.js' render",
    );
  });
});
