import { o8, text } from '../base/text.js';
import { selectedTasks } from '../plan/build-plan.js';
import { worktreeFolder } from '../plan/sources.js';
import { formatMB } from '../plan/disk-estimate.js';
import type { Plan } from '../plan/plan.js';
import { fail, pass, warn, type Check } from '../base/check.js';
import type { AgentProgram, LockHolderFact, PreflightFacts } from './preflight-facts.js';
import { orphansText, resumeCommand } from '../run/open-runs.js';
import { placeChecks } from './places.js';
import { printable } from '../text/untrusted-text.js';

/** Checks the machine: writable folders, disk space, agent programs and other active runs. */
export function machineChecks(plan: Plan, facts: PreflightFacts): readonly Check[] {
  return [
    ...placeChecks(plan, facts.places),
    diskSpace(plan, facts),
    ...facts.agents.map(agentCli),
    lock(facts),
    ...orphans(facts),
  ];
}

function diskSpace(plan: Plan, { disk }: PreflightFacts): Check {
  const { freeMB, estimate } = disk;
  const kept = plan.settings.minDiskSpaceMB;
  // Worktrees of finished tasks are removed, those of failed tasks stay, so the space needed is in this range.
  const least = estimate.perWorktreeMB * Math.min(plan.settings.maxConcurrency, selectedTasks(plan).length) + kept;
  const most = estimate.totalMB + kept;
  const free = `${formatMB(Math.floor(freeMB))} free`;
  const where = printable(worktreeFolder(plan.source, plan.settings));
  const room = `${formatMB(most)} for all worktrees including a reserve of ${formatMB(kept)}`;
  if (freeMB >= most) return pass('disk-space', `${free}, at most ${formatMB(most)} needed`);
  if (freeMB >= least) {
    return warn(
      'disk-space',
      `${free}, less than ${room}: enough only if finished worktrees are removed as the run proceeds`,
      `Free ${formatMB(Math.ceil(most - freeMB))} more for ${where}, see 'df -h'`,
    );
  }
  return fail(
    'disk-space',
    `Not enough disk space: ${free}, ${formatMB(least)} needed to start (including a reserve of ${formatMB(kept)})`,
    `Free ${formatMB(Math.ceil(least - freeMB))} more for ${where}, see 'df -h', or lower --max-concurrent`,
  );
}

function agentCli({ name, path: found, cli, version }: AgentProgram): Check {
  if (found === null) {
    return cli === null
      ? fail(
          'agent-cli',
          `Agent program not found: ${printable(name)}`,
          'Install it, or set agent.command in .claude/parallel-config.json',
        )
      : fail('agent-cli', `${cli.name} not found`, cli.install);
  }
  const path = printable(found);
  if (cli === null) return pass('agent-cli', `Agent program ${path}`);
  switch (version.kind) {
    case 'not_asked':
      return pass('agent-cli', `${cli.name} ${path}`);
    case 'known':
      return pass('agent-cli', `${cli.name} ${printable(version.text)}, tested with ${cli.tested} (${path})`);
    case 'failed':
      return fail(
        'agent-cli',
        `${cli.name} does not start: ${printable(version.output)}`,
        `Run '${path} --version' and repair the installation`,
      );
  }
}

function lock({ lock: found }: PreflightFacts): Check {
  switch (found.kind) {
    case 'free':
      return pass('lock', 'No other run in this repository');
    case 'held':
      return fail(
        'lock',
        `Another parallel execution is in progress (PID: ${String(found.holder.process.pid)})\nStarted at: ${printable(found.holder.startedAt)}`,
        text`Wait for it to complete, run '${o8('status')}', or use --force to override.`,
      );
    case 'stale':
      return warn(
        'lock',
        `Found stale lock file (PID ${String(found.holder.process.pid)} not running)`,
        text`Run '${resumeCommand(printable(found.holder.runId))}' to continue that run`,
      );
    case 'unknown':
      return fail(
        'lock',
        unknownHolder(found.holder),
        text`Run '${o8('status')}' there; if that machine is gone, use --force to override.`,
      );
  }
}

/** Two active runs would share limits and the merge queue, so the first one must be continued or aborted. */
function orphans({ orphans: found }: PreflightFacts): Check[] {
  return found.map((orphan) =>
    fail(
      'lock',
      orphansText(orphan),
      text`Run '${resumeCommand(orphan.runId)}' to continue it, or '${o8('abort', { run: orphan.runId })}'.`,
    ),
  );
}

function unknownHolder({ process, startedAt }: LockHolderFact): string {
  const who = `process ${String(process.pid)} of ${printable(process.host)}`;
  return `Another parallel execution may be in progress: the lock belongs to ${who}, which cannot be checked from this machine\nStarted at: ${printable(startedAt)}`;
}
