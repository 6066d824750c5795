import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { o8, text } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import type { AskProgram } from '../../core/base/program-answer.js';
import { someOf } from '../../core/base/check.js';
import { isClosed, type Issue } from '../../core/beads/issue.js';
import { issueTasks, selectionWarnings } from '../../core/beads/issue-tasks.js';
import { selectIssues, type LeftOutIssue, type Selection } from '../../core/beads/select-issues.js';
import { wantedIssues, withClosed } from '../../core/beads/wanted-issues.js';
import { ALL_EPICS, type BeadsSource } from '../../core/plan/beads-source.js';
import type { SourcePlan, SourceTask } from '../../core/plan/plan.js';
import { defaultSettings, type Settings } from '../../core/settings/settings.js';
import { quote } from '../../core/text/untrusted-text.js';
import { noDatabase } from './bd-errors.js';
import { beads, type Beads } from './bd.js';

/** What the reader of a plan provides so that bd can be asked. */
export interface BeadsReading {
  readonly ask: AskProgram;
  /** Called before another program than `bd` is started; rejects where the repository chose it and nobody accepted that. */
  readonly mayRun: () => Promise<void>;
  readonly env: Readonly<Record<string, string>>;
  /** Who o8 is in Beads. */
  readonly actor: () => Promise<string>;
  /** Issues whose work an earlier run has finished although Beads does not say so. */
  /** A single issue is taken from whoever has claimed it. */
  readonly takes: boolean;
  readonly done: () => Promise<ReadonlySet<string>>;
}

export interface LoadedBeads {
  readonly plan: SourcePlan<BeadsSource>;
  readonly version: string;
}

/**
 * The plan of an epic, of a single issue, or of all ready issues: one task each. Writes nothing. O8Error `refused`
 * without bd or a database, `invalid_plan` for an unknown id or when there is nothing to do.
 */
export async function loadBeads(
  root: string,
  epic: string,
  settings: Settings,
  reading: BeadsReading,
): Promise<LoadedBeads> {
  const { program } = settings.beads;
  if (program !== defaultSettings().beads.program) await reading.mayRun();
  if (!existsSync(join(root, '.beads'))) throw noDatabase(program, root);
  const actor = await reading.actor();
  const bd = beads({ program, root, actor, env: reading.env, ask: reading.ask });
  const version = await bd.version();
  const issues = withClosed(await bd.issues(), await reading.done());
  const ready = epic === ALL_EPICS ? await bd.readyIds() : [];
  const selected = selectIssues(issues, wantedIssues(issues, epic, ready, reading.takes), { actor });
  const named = issues.find(({ id }) => id === epic) ?? null;
  if (selected.tasks.length === 0) throw nothingToDo(program, epic, named, selected.left);
  return {
    version,
    plan: {
      source: { kind: 'beads', epic, title: named?.title ?? null, root, ...(reading.takes ? { takes: true } : {}) },
      settings: {},
      tasks: await readTasks(bd, selected, settings),
      waves: [{ number: 1, validation: null }],
      warnings: selectionWarnings(selected),
    },
  };
}

/** The tasks of selected issues, with the details that only some calls of bd give. */
export async function readTasks(bd: Beads, selected: Selection, settings: Settings): Promise<SourceTask[]> {
  const details = await bd.details(selected.tasks.map(({ issue }) => issue));
  return issueTasks(selected, details, settings.verify);
}

function nothingToDo(program: string, epic: string, named: Issue | null, left: readonly LeftOutIssue[]): O8Error {
  const [own] = left;
  if (own?.issue.id === epic && own.why.kind === 'claimed') {
    const message = `${epic} is claimed by ${quote(own.why.by)}.`;
    return new O8Error('invalid_plan', message, text`${o8('worker', [epic], { force: true })}   (takes it over)`);
  }
  const what = named === null ? 'Beads has no issue that is ready' : `${epic} has no open issue to work on`;
  const first = named !== null && isClosed(named) ? `${epic} is closed or done` : what;
  const why = left.map((issue) => whyLeft(issue));
  const reasons = why.length === 0 ? '' : `: ${someOf(why)}`;
  const hint = named === null ? `${program} list` : `${program} show ${epic}`;
  return new O8Error('invalid_plan', `${first}${reasons}.`, hint);
}

function whyLeft({ issue: { id }, why }: LeftOutIssue): string {
  switch (why.kind) {
    case 'claimed':
      return `${id} is claimed by ${quote(why.by)}`;
    case 'status':
      return `${id} is ${why.status}`;
    case 'waits':
      return `${id} waits for ${someOf(why.on)}`;
    case 'not_ready':
      return `${id} is not ready`;
  }
}
