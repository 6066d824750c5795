import { nullIfMissing } from '../../core/base/error-code.js';
import { o8 } from '../../core/base/text.js';
import { realpath } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { O8Error } from '../../core/base/errors.js';
import { excludePattern } from '../../core/base/exclude-pattern.js';
import {
  INTEGRATION_REPORT,
  integrationBlock,
  integrationReport,
  integrationStatus,
  type Integration,
  type IntegrationStatus,
} from '../../core/report/integration.js';
import { baseRef } from '../../core/merge/landings.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { withSection } from '../../core/text/marked-section.js';
import type { Plan } from '../../core/plan/plan.js';
import { folderKey, sourceOf } from '../../core/plan/sources.js';
import { MANIFEST_DRAFT } from '../../core/plan/manifest-source.js';
import { resumeCommand } from '../../core/run/open-runs.js';
import type { UsualCommand } from '../../core/commands/technology.js';
import { guardFile } from '../../git/door/guard-file.js';
import { isAncestor, resolveCommit } from '../../git/refs/refs.js';
import type { Repository } from '../../git/door/repository.js';
import { ensureExcluded } from '../../git/worktrees/worktrees.js';
import { readDocument, writeDocument } from '../../sources/files/document.js';
import { FaultCollector } from '../../sources/files/fault-collector.js';
import { writeIntegration } from '../../sources/manifest/write-execution.js';
import { PlanFolder } from '../../sources/manifest/plan-folder.js';
import { criticalSection } from '../../store/files/critical-section.js';
import type { RunHome } from '../../store/files/paths.js';
import type { ToolContext } from '../context/define-tool.js';
import { runIntegrationChecks } from './integration-checks.js';
import { findTrespasses, integratedTasks } from './integration-tasks.js';
import { latestRunOf, requireRun } from '../context/load-run.js';
import type { LoadedRun } from '../context/run-files.js';
import { refuseNested } from '../context/refuse-nested.js';
import { openContext } from '../context/repository-context.js';
import { targetName, targetOf } from '../../core/plan/target.js';

export interface IntegrateInput {
  /** Plan folder as the user wrote it; null for the one of the newest run. */
  readonly dir: string | null;
  /** Commands instead of the default checks of the technology; null for the default. */
  readonly commands: readonly string[] | null;
  readonly stop: AbortSignal;
  readonly announce: (check: UsualCommand) => void;
}

export interface IntegrateResult extends Omit<Integration, 'checks'> {
  readonly status: IntegrationStatus;
  /** Relative to the repository. */
  readonly report: string;
  readonly checks: readonly Omit<Integration['checks'][number], 'output'>[];
}

/**
 * Checks the merged work of a plan's last run, and writes o8's section of `integration-report.md` and the manifest's
 * `integration` block. Merges nothing. O8Error `refused` for an unfinished run and for features.
 */
export async function integratePlan(input: IntegrateInput, context: ToolContext): Promise<IntegrateResult> {
  refuseNested('integrate', context);
  const { repo, root, home } = await openContext(context);
  const run = await finishedRun(home, input.dir, context);
  const { plan } = run;
  const { name, planFolder } = sourceOf(plan.source);
  if (planFolder === null)
    throw new O8Error(
      'refused',
      'The last run was one of features, which have no plan folder for the report.',
      o8('status'),
    );
  const { dir, manifest } = planFolder;
  await editedReport(root, join(dir, INTEGRATION_REPORT), ''); // a report that cannot be edited is refused before the checks run
  const subject = await whatToCheck(repo, plan);
  const checks = await runIntegrationChecks({
    ...{ repo, plan, env: context.env },
    ...{ commit: subject.commit, commands: input.commands, stop: input.stop, announce: input.announce },
  });
  const shown = (path: string): string => relative(root, path).split(sep).join('/');
  const folder = await PlanFolder.open(root, dir, new FaultCollector());
  const integration: Integration = {
    name,
    runId: plan.runId,
    checkedAt: context.now().toISOString(),
    base: plan.base.branch,
    target: subject.name,
    commit: subject.commit,
    tasks: await integratedTasks(repo, run),
    checks,
    trespasses: await findTrespasses(repo, run),
    contracts: (await folder.list('contracts')).map((name) => shown(join(dir, 'contracts', name))),
  };
  const report = shown(join(dir, INTEGRATION_REPORT));
  await ensureExcluded(repo, [report, shown(join(dir, MANIFEST_DRAFT))].map(excludePattern));
  const text = await editedReport(root, join(dir, INTEGRATION_REPORT), integrationReport(integration));
  if (text !== null) await writeDocument(root, join(dir, INTEGRATION_REPORT), text);
  await writeIntegration(manifest, integrationBlock(integration), criticalSection(guardFile(repo)));
  return {
    ...integration,
    status: integrationStatus(integration),
    report,
    checks: checks.map(({ name, command, outcome, seconds }) => ({ name, command, outcome, seconds })),
  };
}

async function finishedRun(home: RunHome, dir: string | null, { cwd }: ToolContext): Promise<LoadedRun> {
  const run = dir === null ? await requireRun(home, undefined) : await runOfFolder(home, resolve(cwd, dir), dir);
  if (run.state.phase.kind === 'finished') return run;
  const { runId } = run.plan;
  const hint = run.ownerAlive ? o8('status', { run: runId }) : resumeCommand(runId);
  throw new O8Error('refused', `Run ${runId} has not finished: its result could change during the checks.`, hint);
}

async function runOfFolder(home: RunHome, path: string, named: string): Promise<LoadedRun> {
  // Throws if it is not a plan folder.
  const real = (await realpath(path).catch(nullIfMissing)) ?? path;
  const { dir } = await PlanFolder.open(home.root, real, new FaultCollector());
  const run = await latestRunOf(home, folderKey(dir));
  if (run === null) throw new O8Error('no_run', `${named} has not been run yet.`, o8('run', [named]));
  return run;
}

/** The base branch if it contains everything that was merged, else the run's target branch. */
async function whatToCheck(repo: Repository, plan: Plan): Promise<{ readonly name: string; readonly commit: string }> {
  const base = await resolveCommit(repo, baseRef(plan));
  const target = await resolveCommit(repo, targetOf(plan).ref);
  if (target !== null && (base === null || !(await isAncestor(repo, target, base))))
    return { name: targetName(targetOf(plan)), commit: target };
  if (base !== null) return { name: plan.base.branch, commit: base };
  throw new O8Error(
    'refused',
    `The branch ${plan.base.branch} is gone: there is nothing to check.`,
    'git branch --all',
  );
}

/** The report with o8's section replaced; null when nothing changes. People and agents write below that section. */
async function editedReport(root: string, path: string, part: string): Promise<string | null> {
  const edit = withSection((await readDocument(root, path)) ?? '', part);
  switch (edit.kind) {
    case 'edited':
      return edit.text;
    case 'unchanged':
      return null;
    case 'broken_marks':
      throw new O8Error(
        'refused',
        `${path}: one of the two marker lines of o8's section is missing.`,
        `mv ${shellQuote(path)} ${shellQuote(`${path}.old`)}`,
      );
  }
}
