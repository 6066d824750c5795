import { existsSync } from 'node:fs';
import { errorCode } from '../../core/base/error-code.js';

/**
 * Why a program could not be started, as a sentence for the user. The system reports ENOENT also for a missing folder.
 */
export function spawnFailure(program: string, cwd: string, error: unknown): string {
  if (!existsSync(cwd)) return `Folder ${cwd} does not exist, so "${program}" could not be started in it.`;
  const code = errorCode(error);
  switch (code) {
    case 'ENOENT':
      return program.includes('/')
        ? `Program "${program}" does not exist, or the interpreter named in its first line does not.`
        : `Program "${program}" was not found on PATH.`;
    case 'EACCES':
      return `Program "${program}" is not executable, or folder ${cwd} is not accessible.`;
    case 'E2BIG':
      return `The arguments and environment for "${program}" are longer than the system allows.`;
    default:
      return `Program "${program}" could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}
