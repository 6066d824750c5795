import { errorCode } from '../../core/base/error-code.js';

/** Sends a signal to a pid, or to a process group if negative; 0 only checks whether a signal could be sent. */
export function signal(pid: number, name: NodeJS.Signals | 0): 'sent' | 'gone' | 'forbidden' {
  try {
    process.kill(pid, name);
    return 'sent';
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ESRCH') return 'gone';
    if (code === 'EPERM') return 'forbidden';
    throw error;
  }
}
