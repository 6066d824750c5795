import { realpath } from 'node:fs/promises';
import { checkAgents } from '../../core/agents/kinds.js';
import { buildPlan, selectedTasks } from '../../core/plan/build-plan.js';
import { estimateDisk, type DiskEstimate } from '../../core/plan/disk-estimate.js';
import { O8Error } from '../../core/base/errors.js';
import { lostBranch } from '../../core/text/lost-branch.js';
import type { MinutesOf } from '../../core/features/feature-estimate.js';
import { estimateFrom } from '../../core/report/history.js';
import { keyFrom, keyWords, sourceKey, sourceOf } from '../../core/plan/sources.js';
import type { Plan } from '../../core/plan/plan.js';
import type { SettingsFile, SettingsFlags } from '../../core/settings/settings.js';
import { opensPulls, pullRemote, targetOf } from '../../core/plan/target.js';
import { skillPaths } from '../../core/trust/skill-paths.js';
import { readRepositoryFacts, remoteOfBranch, type RepositoryFacts } from '../../git/checkout/repository-facts.js';
import { openRepository } from '../../git/door/repository.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import { askProgram } from '../../process/programs/ask-program.js';
import { readActor } from '../../store/runs/beads-actor.js';
import { doneBefore } from '../context/done-before.js';
import { readSourcePlan, type ReadPlan } from '../../sources/plan-readers.js';
import { readHistory } from '../../store/runs/history-file.js';
import { runHome, type RunHome } from '../../store/files/paths.js';
import { readSettingsText, settingsOf } from '../../store/runs/settings-file.js';
import type { ToolContext } from '../context/define-tool.js';
import { findNowhere, withNearest, type Places } from '../context/nearest-plans.js';
import { refuseUnacceptedSettings } from '../context/run-trust.js';
import { openContext, type RepositoryContext } from '../context/repository-context.js';
import type { TrustQuestion } from '../context/read-trust.js';
import type { Selection } from './selection.js';

/** Everything that a plan is made of. */
export interface PlanParts extends RepositoryContext, ReadPlan {
  readonly facts: RepositoryFacts;
  /** Text of the settings file; null when there is none. */
  readonly settingsText: string | null;
  readonly selection: Selection;
  /** The base branch's remote, where it is needed for pull requests. */
  readonly remote: string | null;
}

/** Which run a plan is for, and when it was made (ISO 8601). */
export interface RunIdentity {
  readonly runId: string;
  readonly createdAt: string;
}

/** The placeholder for the run id in a preview, which is the same every time. */
export const PREVIEW: RunIdentity = { runId: '<run-id>', createdAt: '1970-01-01T00:00:00.000Z' };

/** Reads everything that a plan is made of. Throws O8Error `invalid_plan` with all faults of the folder, `usage` for wrong settings. */
export async function readPlanParts(
  selection: Selection,
  flags: SettingsFlags,
  context: Pick<ToolContext, 'cwd' | 'env' | 'takesClaims'>,
): Promise<PlanParts> {
  const { repo, root, home } = await openContext(context);
  if (repo.bare) {
    throw new O8Error(
      'refused',
      `${root} is a bare repository: it has no checkout to start from.`,
      'git clone <repository>',
    );
  }
  const settingsText = await readSettingsText(root);
  const read = await readSource(selection, settingsOf(root, settingsText), flags, {
    ...{ root, home, cwd: context.cwd, env: context.env, takesClaims: context.takesClaims === true },
  });
  checkAgents(read.settings);
  const facts = await readRepositoryFacts(repo);
  const base = facts.head.kind === 'branch' ? facts.head.branch : null;
  const remote = base !== null && opensPulls(read.settings.merge.into) ? await remoteOfBranch(repo, base) : null;
  return { repo, root, home, facts, selection, settingsText, remote, ...read };
}

async function readSource(
  selection: Selection,
  file: SettingsFile,
  flags: SettingsFlags,
  {
    root,
    home,
    cwd,
    env,
    takesClaims,
  }: { readonly root: string; readonly home: RunHome } & Pick<ToolContext, 'cwd' | 'env' | 'takesClaims'>,
): Promise<ReadPlan> {
  const real = await realpath(cwd);
  const placesOf = (featuresDir: string): Places => ({ root, cwd: real, featuresDir });
  return readSourcePlan(keyFrom(selection, real), {
    ...{ root, file, flags, minutes: async () => minutesFrom(home) },
    beads: {
      ask: askProgram,
      mayRun: async () => refuseUnacceptedSettings(root, env),
      env: agentEnvironment(env, {}),
      actor: async () => readActor(home),
      takes: takesClaims === true,
      done: async () => doneBefore(home),
    },
    nowhere: async (slugs, featuresDir) => findNowhere(slugs, placesOf(featuresDir)),
    withNearest: async (error, featuresDir) => withNearest(error, keyWords(selection).join(' '), placesOf(featuresDir)),
  });
}

/** The plan of a run, read again from its files and settings. Throws as `readPlanParts`. */
export async function planOnDisk(plan: Plan): Promise<Plan> {
  const { root, source, runId, createdAt, base, skip, wave } = plan;
  if (sourceOf(source).queue !== null) return plan; // issues bring no commands
  const file = settingsOf(root, await readSettingsText(root));
  const selection: Selection = { ...sourceKey(source), wave: null, skip: [] };
  const read = await readSource(
    selection,
    file,
    {},
    {
      ...{ root, home: runHome(await openRepository(root)), cwd: root, env: {} },
    },
  );
  const now = { runId, createdAt, root, base, skip: [], wave: null };
  return {
    ...buildPlan({ ...now, remote: pullRemote(targetOf(plan)), source: read.source, settings: read.settings }),
    skip,
    wave,
  };
}

async function minutesFrom(home: RunHome): Promise<MinutesOf> {
  const records = await readHistory(home);
  return (slug) => {
    const estimate = estimateFrom(records, slug);
    return estimate === null ? null : Math.max(1, Math.round(estimate.minutes));
  };
}

/** The plan of a run that starts from the current branch. Throws O8Error `refused` without a branch or commit. */
export function planFrom(parts: PlanParts, identity: RunIdentity): Plan {
  const { head } = parts.facts;
  switch (head.kind) {
    case 'branch':
      return planOn(parts, identity, { branch: head.branch, commit: head.commit });
    case 'detached':
      throw new O8Error('refused', 'HEAD is detached: there is no base branch to land on.', 'git switch <branch>');
    case 'unborn':
      if (head.last !== undefined) {
        const { said, command } = lostBranch(head.branch, head.last);
        throw new O8Error('refused', `B${said.slice(1)}`, command);
      }
      throw new O8Error(
        'refused',
        `Branch ${head.branch} has no commit yet: there is nothing to start from.`,
        'git add -A && git commit -m "Initial commit"',
      );
  }
}

/** The plan for preflight, which reports a missing base branch as one of its findings. */
export function planForChecks(parts: PlanParts): Plan {
  const { head } = parts.facts;
  const branch = head.kind === 'detached' ? 'HEAD' : head.branch;
  return planOn(parts, PREVIEW, { branch, commit: head.kind === 'unborn' ? '' : head.commit });
}

/** The input for `readTrust` about this plan. */
export function trustQuestion({ repo, facts, details, settingsText }: PlanParts): TrustQuestion {
  const { head } = facts;
  return {
    repo,
    commit: head.kind === 'unborn' ? null : head.commit,
    settings: settingsText,
    skill: details.calls === null ? [] : skillPaths(details.calls),
  };
}

/** Disk space for the worktrees of the plan's tasks. */
export function diskEstimate({ facts }: PlanParts, plan: Plan): DiskEstimate {
  return estimateDisk(facts, selectedTasks(plan).length);
}

function planOn(parts: PlanParts, identity: RunIdentity, base: Plan['base']): Plan {
  const { root, source, settings, selection, remote } = parts;
  return buildPlan({ ...identity, root, source, settings, base, remote, skip: selection.skip, wave: selection.wave });
}
