import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Issue } from '../../core/beads/issue.js';
import { defaultSettings } from '../../core/settings/settings.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import { askProgram } from '../../process/programs/ask-program.js';
import { beads } from '../../sources/beads/bd.js';
import { readActor } from '../../store/runs/beads-actor.js';
import { readSettingsFile } from '../../store/runs/settings-file.js';
import { openContextToRead } from '../context/repository-context.js';
import { refuseUnacceptedSettings } from '../context/run-trust.js';
import type { ToolContext } from '../context/define-tool.js';

/** What Beads itself says, one line for each issue. */
export interface QueueView {
  readonly ready: readonly string[];
  readonly inProgress: readonly string[];
}

/** A person waits for it, and it is asked once. */
const TIME_LIMIT_MS = 20_000;

/** The queue of a repository in which nothing has run yet; null without a Beads database. Throws O8Error as `bd` fails. */
export async function readQueue(context: ToolContext): Promise<QueueView | null> {
  const { root, home } = await openContextToRead(context);
  if (!existsSync(join(root, '.beads'))) return null;
  const own = (await readSettingsFile(root)).beads?.program;
  if (own !== undefined) await refuseUnacceptedSettings(root, context.env);
  const program = own ?? defaultSettings().beads.program;
  const env = agentEnvironment(context.env, {});
  const bd = beads({ program, root, actor: await readActor(home), env, ask: askProgram, timeoutMs: TIME_LIMIT_MS });
  const [issues, ready] = [await bd.issues(), await bd.readyIds()];
  const named = new Map(issues.map((issue) => [issue.id, issue]));
  const isEpic = (id: string): boolean => issues.some(({ parent }) => parent === id);
  return {
    ready: ready
      .flatMap((id) => named.get(id) ?? [])
      .filter(({ id, type }) => type !== 'epic' && !isEpic(id))
      .map(lineOf),
    inProgress: issues.filter(({ status }) => status === 'in_progress').map(lineOf),
  };
}

function lineOf({ id, title, assignee }: Issue): string {
  return `${id}  ${title}${assignee === null ? '' : ` (${assignee})`}`;
}
