import { describe, expect, test } from 'vitest';
import { parseStat } from '../../src/process/trees/linux-processes.js';
import { parseEnvironments, parseTable } from '../../src/process/trees/macos-processes.js';

const AFTER_NAME = '1 4242 4242 0 -1 4194560 90 0 0 0 1 2 0 0 20 0 1 0 987654 8929280 1024 18446744073709551615';

describe('a line of /proc/<pid>/stat', () => {
  test('gives pid, parent, group and start time', () => {
    expect(parseStat(`4242 (node) S ${AFTER_NAME}`)).toEqual({
      pid: 4242,
      parent: 1,
      group: 4242,
      session: 4242,
      start: '987654',
      ended: false,
    });
  });

  test('is not confused by a program named like the fields behind its name', () => {
    expect(parseStat(`4242 (a) Z 7 (b c)) R ${AFTER_NAME}`)).toMatchObject({
      parent: 1,
      start: '987654',
      ended: false,
    });
  });

  test('tells a zombie', () => {
    expect(parseStat(`4242 (node) Z ${AFTER_NAME}`)).toMatchObject({ ended: true });
  });

  test('cut short is no process', () => {
    expect(parseStat('')).toBeNull();
    expect(parseStat('4242 (node) S 1 4242')).toBeNull();
  });
});

describe('the output of ps on macOS', () => {
  test('gives pid, parent, group and start time, without zombies', () => {
    const text = [
      '    1     0     1 Ss   Sat Nov 21 07:00:00 2026    ',
      '  512     1   512 S+   Sat Nov 21 08:01:02 2026    ',
      '  513   512   512 Z    Sat Nov 21 08:01:03 2026    ',
      '',
    ].join('\n');
    expect(parseTable(text)).toEqual([
      { pid: 1, parent: 0, group: 1, session: 0, start: 'Sat Nov 21 07:00:00 2026' },
      { pid: 512, parent: 1, group: 512, session: 0, start: 'Sat Nov 21 08:01:02 2026' },
    ]);
  });

  test('names the processes with a variable in their environment, not those with it as an argument', () => {
    const commands = ['  10 node agent.js', '  11 grep O8_ATTEMPT=a.1', '  12 node other.js', '  14 gone'].join('\n');
    const withEnvironment = [
      '  10 node agent.js PATH=/bin O8_ATTEMPT=a.1 HOME=/h',
      '  11 grep O8_ATTEMPT=a.1 PATH=/bin',
      '  12 node other.js O8_ATTEMPT=a.12',
      '  13 node new.js O8_ATTEMPT=a.1',
      '  14 else O8_ATTEMPT=a.1',
    ].join('\n');
    expect([...parseEnvironments(withEnvironment, commands, 'O8_ATTEMPT=a.1')]).toEqual([10]);
  });
});
