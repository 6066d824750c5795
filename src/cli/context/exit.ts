import type { ExitCode } from '../../core/base/errors.js';

/** What a command tells the shell when it ended without an error. */
export class Exit {
  code: ExitCode = 0;
}
