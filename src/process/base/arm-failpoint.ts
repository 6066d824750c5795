import { appendFileSync, closeSync, openSync } from 'node:fs';
import { onFailpoint } from '../../core/base/failpoint.js';
import { errorCode } from '../../core/base/error-code.js';

/** Inherited by shims, but not by agents. */
export const FAILPOINT_VARIABLE = 'O8_FAILPOINT';

/** One entry of `O8_FAILPOINT`, a comma-separated list. */
const WANTED = /^(?<name>[a-z_.]+|\*)(?::(?<count>[1-9]\d*))?(?:@(?<file>.+))?$/;

/**
 * For tests: with `O8_FAILPOINT=<name>[:<n>][@<file>]` this process kills itself with SIGKILL when it reaches that
 * failpoint for the n-th time (default 1). With a file, only the process that creates the file is killed, so that
 * exactly one of several dies and the file records it. `*@<file>` kills nothing and appends `<pid> <name>` to the file
 * for every failpoint reached.
 */
export function armFailpoint(): void {
  const wanted = process.env[FAILPOINT_VARIABLE];
  if (wanted === undefined || wanted === '') return;
  const points = wanted.split(',').map((text) => {
    const { name, count = '1', file } = WANTED.exec(text)?.groups ?? {};
    if (name === undefined) throw new Error(`${FAILPOINT_VARIABLE}: ${text} is not <name>[:<n>][@<file>]`);
    return { name, left: Number(count), file };
  });
  onFailpoint((reached) => {
    for (const point of points) {
      const { name, file } = point;
      if (name === '*' && file !== undefined) appendFileSync(file, `${process.pid} ${reached}\n`);
      if (name !== reached) continue;
      point.left -= 1;
      if (point.left === 0 && (file === undefined || isFirst(file))) process.kill(process.pid, 'SIGKILL');
    }
  });
}

function isFirst(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}
