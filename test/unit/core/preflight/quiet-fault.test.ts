import { expect, it } from 'vitest';
import { quietFault } from '../../../../src/core/preflight/quiet-fault.js';

it.each([
  ['npm test\r\nnpm run lint', '', 'a line ends with a carriage return, as on Windows'],
  ['npm test\r', '', 'a line ends with a carriage return, as on Windows'],
  [
    'cat <<EOF\nnpm test',
    "bash: line 1: warning: here-document at line 0 delimited by end-of-file (wanted `EOF')\n",
    'a here-document is missing its end marker EOF',
  ],
  ["printf 'a\\r\\n'", '', null],
  ['cat <<EOF\nhi\nEOF\n', '', null],
])('%j, of which the shell says %j', (command, said, fault) => {
  expect(quietFault(command, said)).toBe(fault);
});
