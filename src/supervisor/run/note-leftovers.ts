import { leftoverNote } from '../../core/kept/leftover-note.js';
import { recordOf, type Run } from './run.js';

/** Notes, once per task, the processes that a command left running and o8 ended; without a task, logs them. */
export async function noteLeftovers(
  run: Run,
  task: string | null,
  command: Parameters<typeof leftoverNote>[0],
  ended: readonly string[],
): Promise<void> {
  const text = leftoverNote(command, ended);
  if (text === null) return;
  const note = run.redact(text);
  run.log(`${task ?? 'run'}: ${note}`);
  if (task === null || recordOf(run, task).notes.includes(note)) return;
  await run.ledger.record({ type: 'task_noted', task, notes: [note] });
}
