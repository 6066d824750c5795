import type { ExitCode } from '../../core/base/errors.js';

/** The exit code of a command that ended without an error. */
export class Exit {
  code: ExitCode = 0;
}
