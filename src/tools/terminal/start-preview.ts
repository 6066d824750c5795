import type { Text } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import { findContinuation } from '../run/continue-run.js';
import type { ToolContext } from '../context/define-tool.js';
import { findLandedCommits } from '../plan/left-out-work.js';
import { latestRunOf } from '../context/load-run.js';
import { planFrom, PREVIEW, readPlanParts } from '../plan/prepare-plan.js';
import { openContext } from '../context/repository-context.js';
import { selectionWords } from '../context/again-command.js';
import { planFlags, requireSelection } from '../plan/selection.js';
import type { SpawnInput } from '../run/spawn-input.js';
import { waveCheckText } from '../plan/wave-check.js';
import { refuseMoved } from '../context/refuse-moved.js';
import { findChangedCommands } from '../plan/refuse-changed-commands.js';

/** What a start would do, in addition to its plan and checks. */
export interface StartPreview {
  /** The run that would be continued, null for a new one. */
  readonly continues: string | null;
  /** The dependency check of a single wave, the tasks to retry, or why there is nothing to do. */
  readonly text: Text | null;
  /** Commands that changed since that run started. */
  readonly changed: Text | null;
  /** The error with which the start would be refused, other than failed checks. */
  readonly refusal: O8Error | null;
}

/** What `spawn` would do with this input. Changes nothing. */
export async function previewStart(input: SpawnInput, context: ToolContext): Promise<StartPreview> {
  const none: StartPreview = { continues: null, text: null, changed: null, refusal: null };
  try {
    const { home, repo } = await openContext(context);
    const goesOn = input.resume === true || input.retryFailed === true;
    const selection = goesOn && selectionWords(input) === null ? null : requireSelection(input);
    const found = await findContinuation(home, selection, input, context);
    switch (found.kind) {
      case 'nothing':
        return { ...none, text: found.message };
      case 'continue': {
        const { plan } = found.run;
        refuseMoved(home, found.run);
        const { text: changed } = await findChangedCommands(plan, home, context);
        const text = found.wish.kind === 'tasks' && found.wish.text !== '' ? found.wish.text : null;
        return { ...none, continues: plan.runId, text, changed };
      }
      case 'fresh': {
        const wave = input.wave ?? null;
        if (wave === null) return none;
        const parts = await readPlanParts(found.selection, planFlags(input), context);
        const bare = planFrom(parts, PREVIEW);
        const earlier = await latestRunOf(home, bare.source);
        const landed = Object.fromEntries(await findLandedCommits(repo, bare, earlier?.state ?? null));
        return { ...none, text: await waveCheckText(repo, { ...bare, landed }, wave) };
      }
    }
  } catch (error) {
    if (error instanceof O8Error) return { ...none, refusal: error };
    throw error;
  }
}
