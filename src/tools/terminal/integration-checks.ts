import { o8 } from '../../core/base/text.js';
import { join } from 'node:path';
import { GIVEN_CHECK, PLAN_CHECK, SETUP_CHECK, type IntegrationCheck } from '../../core/report/integration.js';
import type { Plan } from '../../core/plan/plan.js';
import { redactor, secretValues } from '../../core/text/redact.js';
import { detectTechnologies, usualChecks, usualSetup, type UsualCommand } from '../../core/commands/technology.js';
import { O8Error } from '../../core/base/errors.js';
import { guardFile } from '../../git/door/guard-file.js';
import { ownReason } from '../../git/worktrees/own-worktree.js';
import type { Repository } from '../../git/door/repository.js';
import { withScratchWorktree } from '../../git/worktrees/with-scratch-worktree.js';
import { agentEnvironment } from '../../process/programs/agent-environment.js';
import { runShellCommand, shellCommandMarker } from '../../process/programs/run-program.js';
import type { KeptProcesses } from '../../process/trees/end-kept.js';
import { withServices } from '../../process/trees/with-services.js';
import { readProjectFiles } from '../../sources/files/project-files.js';
import { criticalSection } from '../../store/files/critical-section.js';
import { assertInside } from '../../store/files/inside-repository.js';
import { checkoutPaths, runHome, runPaths } from '../../store/files/paths.js';

/** The exit code of a shell that does not find a program. */
const NOT_FOUND = 127;
/** Time between SIGTERM and SIGKILL for processes that setup left running. */
const KILL_AFTER_MS = 2000;
/** Enough of a failed check's output to see what failed. */
const QUOTED_LINES = 30;

export interface CheckRequest {
  readonly repo: Repository;
  readonly plan: Plan;
  readonly commit: string;
  /** Instead of the default checks of the technology; null for the default. */
  readonly commands: readonly string[] | null;
  readonly env: NodeJS.ProcessEnv;
  readonly stop: AbortSignal;
  /** Called before each command is run. */
  readonly announce: (check: UsualCommand) => void;
}

/**
 * Runs the plan's own checks and those of its technology on a commit, in a temporary worktree. All of them run, even if
 * some fail. Throws O8Error `interrupted` once `stop` is aborted.
 */
export async function runIntegrationChecks(request: CheckRequest): Promise<IntegrationCheck[]> {
  const { repo, plan, commit } = request;
  const { dir } = runPaths(runHome(repo), plan.runId);
  // One at a time, since all use the same folder.
  return criticalSection(join(dir, 'integrate'))(async () => {
    const serialise = criticalSection(guardFile(repo));
    const path = join(checkoutPaths(repo.root).scratch(plan.runId), 'integrate');
    await assertInside(repo.root, path);
    const worktree = { path, commit, reason: ownReason(plan.runId, 'integrate') };
    return withScratchWorktree(repo, serialise, worktree, async () =>
      runAll(request, path, join(dir, 'integrate-logs')),
    );
  });
}

async function runAll(request: CheckRequest, path: string, logs: string): Promise<IntegrationCheck[]> {
  const { plan, commands } = request;
  const files = await readProjectFiles(path);
  const technologies = detectTechnologies(files);
  const setup = plan.settings.setup ?? technologies.flatMap((technology) => usualSetup(technology, files) ?? [])[0];
  const own = [
    ...new Set([
      ...plan.tasks.flatMap(({ verify }) => verify ?? []),
      ...plan.waves.flatMap(({ validation }) => validation ?? []),
    ]),
  ].map((command) => ({ name: PLAN_CHECK, command }));
  const more =
    commands?.map((command) => ({ name: GIVEN_CHECK, command })) ??
    technologies.flatMap((technology) => usualChecks(technology, files));
  const checks = [...own, ...more.filter(({ command }) => !own.some((check) => check.command === command))];
  const first = setup === undefined ? [] : [{ name: SETUP_CHECK, command: setup }];
  const results: IntegrationCheck[] = [];
  // Processes that setup started (a database) are needed by the checks.
  return withServices(KILL_AFTER_MS, async (keep) => {
    for (const check of checks.length === 0 ? [] : [...first, ...checks]) {
      const logFile = join(logs, `${String(results.length + 1)}.log`);
      results.push(await runOne(request, check, path, { logFile, keep }));
    }
    return results;
  });
}

async function runOne(
  { plan, env, stop, announce }: CheckRequest,
  check: UsualCommand,
  cwd: string,
  { logFile, keep }: { readonly logFile: string; readonly keep: (processes: KeptProcesses) => void },
): Promise<IntegrationCheck> {
  announce(check);
  const started = performance.now();
  const ran = await runShellCommand(check.command, {
    cwd,
    env: agentEnvironment(env, { O8_RUN_ID: plan.runId, O8_WORKTREE: cwd, O8_BASE: plan.base.branch }),
    timeoutMs: plan.settings.timeout * 60_000,
    logFile,
    stop,
    leftovers: check.name === SETUP_CHECK ? 'keep' : 'end',
  });
  if (ran.kept.length > 0) keep({ marker: shellCommandMarker(check.command, logFile), seen: ran.kept });
  if (stop.aborted) throw new O8Error('interrupted', 'The checks were stopped.', o8('integrate'));
  const left = ran.ended.length === 0 ? '' : `\nprocesses left running, ended by o8: ${ran.ended.join(', ')}`;
  const output = `${ran.outputTail}${ran.timedOut ? '\ntimed out' : ''}${left}`;
  return {
    ...check,
    outcome: ran.code === 0 ? 'passed' : ran.code === NOT_FOUND ? 'unavailable' : 'failed',
    seconds: Math.round((performance.now() - started) / 1000),
    output: redactor(secretValues(env))(output).trim().split('\n').slice(-QUOTED_LINES).join('\n'),
  };
}
