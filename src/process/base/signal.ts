import { errorCode } from './error-code.js';

/** Sends a signal to a pid, or to a group when negative; 0 only asks whether that would be allowed. */
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
