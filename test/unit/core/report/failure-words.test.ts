import { inTerminal } from '../../../../src/core/base/text.js';
import { describe, expect, it } from 'vitest';
import { commandFailure } from '../../../../src/core/report/command-failure.js';
import { validationLines } from '../../../../src/core/run/failed-validations.js';
import { lastWords } from '../../../../src/core/report/last-words.js';
import { CLAUDE_AGENT } from '../../../../src/core/agents/claude/claude-agent.js';
import { readableLogLine } from '../../../../src/core/agents/readable-log.js';

const failed = { command: 'make check', code: 2, signal: null, timedOut: false, timeoutMinutes: 120, output: '' };

describe('the failure of a command', () => {
  it('says which command, how it ended and its last lines', () => {
    expect(commandFailure({ ...failed, output: 'one\n\u001b[31mno database\u001b[0m\n\n' })).toBe(
      '`make check`: exit 2\none\nno database',
    );
    expect(commandFailure(failed)).toBe('`make check`: exit 2, without any output');
    expect(commandFailure({ ...failed, timedOut: true })).toContain('timed out after 120 min');
    expect(commandFailure({ ...failed, code: null, signal: 'SIGKILL' })).toContain('killed by SIGKILL');
  });

  it('is short for a script of megabytes that prints megabytes', () => {
    const text = commandFailure({ ...failed, command: `${'x'.repeat(9000)}\necho`, output: 'y'.repeat(3_000_000) });
    expect(text.length).toBeLessThan(700);
  });

  it('is told of a wave with the command that shows all of it', () => {
    expect(validationLines({ wave: 2, message: '`make`: exit 1\nno database' }, { run: 'r1' }).map(inTerminal)).toEqual(
      ['Validation of wave 2 failed: `make`: exit 1', '    no database', '    full output: o8 logs --wave 2 --run r1'],
    );
  });
});

describe('what an agent wrote last', () => {
  const line = (stream: string, text: string) => `[2026-11-21T08:05:12.000Z] [${stream}] ${text}`;
  const plain = (text: string): string[] => [text];

  it('is its stderr, if there is any', () => {
    const log = [line('stderr', 'no API key'), line('stdout', 'starting'), line('stderr', 'giving up')];
    expect(lastWords(log, plain, 'exit 1')).toBe('Last lines of its stderr:\nno API key\ngiving up');
  });

  it('is else its output, as a person reads it', () => {
    expect(lastWords(['Pipeline started for a', line('stdout', 'one'), line('stdout', 'two')], plain, '')).toBe(
      'Last lines of its output:\none\ntwo',
    );
    const said = { type: 'assistant', message: { id: 'm', content: [{ type: 'text', text: 'I cannot go on.' }] } };
    expect(
      lastWords([line('stdout', JSON.stringify(said))], (each) => readableLogLine(CLAUDE_AGENT, each), ''),
    ).toContain('I cannot go on.');
  });

  it('does not say again what the message has', () => {
    expect(lastWords([line('stdout', 'Credit balance is too low')], plain, 'Credit balance is too low')).toBe('');
    expect(lastWords([], plain, '')).toBe('');
  });
});
