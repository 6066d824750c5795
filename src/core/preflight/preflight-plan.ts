import { o8, text, withFlags } from '../base/text.js';
import { taskAgent } from '../agents/kinds.js';
import { agentChecks } from './agent-checks.js';
import { leftOutTasks, selectedTasks } from '../plan/build-plan.js';
import { caseNameChecks } from './case-names.js';
import { shellCommandChecks } from './shell-commands.js';
import { sameTaskChecks } from './same-tasks.js';
import { runCommand, sourceOf, keyFor, keyWords, sourceKey } from '../plan/sources.js';
import { commandLine, relativePath } from '../plan/plan-text.js';
import type { Plan } from '../plan/plan.js';
import { fail, findingsOr, pass, someOf, warn, type Check } from '../base/check.js';
import type { PreflightFacts } from './preflight-facts.js';
import { overlapWords, scopeOverlaps, type ScopeOverlap } from '../scope/scope-overlap.js';
import { printable } from '../text/untrusted-text.js';

// About 50,000 tokens: a quarter of the usual context window, before the work begins.
const LONG_PROMPT_BYTES = 200_000;

/** Checks the plan itself: dependencies, scopes, prompts and shell commands. */
export function planChecks(plan: Plan, facts: PreflightFacts): readonly Check[] {
  return [
    ...facts.sourceWarnings.map(({ message, hint, tasks }) => warn('plan-files', message, hint, tasks)),
    ...findingsOr(leftOutDependencies(plan, facts), 'dependencies', dependenciesSatisfied(plan)),
    ...scopeChecks(plan, facts),
    ...sameTaskChecks(plan),
    ...findingsOr(longPrompts(plan), 'prompt-size', 'No prompt is too long'),
    ...stalePrompts(plan, facts),
    ...manifestCommands(plan, facts),
    ...shellCommandChecks(plan, facts.shell, facts.manifestCommands),
    ...agentChecks(plan),
  ];
}

/** Paths that tasks of this run share although they may run at the same time; none if scopes are off. */
export function planOverlaps(plan: Plan, foldsCase = false): ScopeOverlap[] {
  if (plan.settings.scope === 'off') return [];
  return scopeOverlaps({ ...plan, skip: leftOutTasks(plan).map(({ task }) => task.id) }, foldsCase);
}

/** This text is fixed, because scripts read it. */
function dependenciesSatisfied({ wave }: Plan): string {
  return `All dependencies satisfied.${wave === null ? '' : ` Proceeding with Wave ${String(wave)}.`}`;
}

function leftOutDependencies(plan: Plan, facts: PreflightFacts): Check[] {
  const present = new Set(facts.presentTasks);
  const missing = new Map(
    leftOutTasks(plan).flatMap(({ task }) => (present.has(task.id) ? [] : [[task.id, task] as const])),
  );
  const again = runCommand(plan.source, plan.root);
  return selectedTasks(plan).flatMap((task) => {
    const needs = task.deps.flatMap((id) => missing.get(id) ?? []);
    const first = needs[0];
    if (first === undefined) return [];
    const names = someOf(needs.map(({ stem }) => stem));
    if (plan.wave === null) {
      return [
        warn(
          'dependencies',
          `${task.stem} will be blocked: it needs ${names}, which is left out and has not landed`,
          `Leave ${first.id} in, or skip ${task.id} too`,
          [task.id],
        ),
      ];
    }
    return [
      fail(
        'dependencies',
        `Wave ${String(plan.wave)} is not ready: ${task.stem} needs ${names}, which ${needs.length === 1 ? 'has' : 'have'} not landed yet`,
        text`Run '${withFlags(again, { wave: first.wave })}' first`,
        [task.id],
      ),
    ];
  });
}

/** A source without scopes compares the files of its tasks itself. */
function scopeChecks(plan: Plan, facts: PreflightFacts): readonly Check[] {
  const { hasScopes } = sourceOf(plan.source);
  const overlaps = hasScopes ? planOverlaps(plan, facts.foldsCase) : [];
  const names = caseNameChecks(plan, facts, overlaps);
  if (!hasScopes) return names;
  const free = 'No two tasks that can run at the same time have overlapping scopes';
  return [...findingsOr(overlapFindings(overlaps), 'scope-overlap', free), ...names];
}

function overlapFindings(overlaps: readonly ScopeOverlap[]): Check[] {
  return overlaps.map((overlap) => {
    const { message, hint } = overlapWords(overlap);
    return (overlap.level === 'fail' ? fail : warn)('scope-overlap', message, hint, overlap.tasks);
  });
}

function longPrompts(plan: Plan): Check[] {
  return selectedTasks(plan).flatMap((task) => {
    const bytes = Buffer.byteLength(task.prompt);
    const { agent, settings } = taskAgent(plan.settings, task.agent);
    const limit = agent.promptLimit(settings);
    const message = `The prompt of ${task.stem} is ${String(Math.round(bytes / 1000))} KB long`;
    if (limit !== null && bytes > limit.bytes) {
      return [
        fail('prompt-size', `${message}, more than the operating system accepts as one argument`, limit.hint, [
          task.id,
        ]),
      ];
    }
    if (bytes > LONG_PROMPT_BYTES) {
      return [
        warn(
          'prompt-size',
          `${message}, a large part of an agent's context`,
          'Shorten it, or name files for the agent to read',
          [task.id],
        ),
      ];
    }
    return [];
  });
}

function stalePrompts(plan: Plan, { stalePrompts: stale }: PreflightFacts): Check[] {
  return stale.map(({ task, from }) =>
    warn(
      'stale-prompt',
      `The prompt of ${task} is older than ${printable(from)}, context.md or the verify command, from which it is generated`,
      o8('render', keyWords(keyFor(sourceKey(plan.source), plan.root))),
      [task],
    ),
  );
}

function manifestCommands(plan: Plan, { manifestCommands: commands }: PreflightFacts): Check[] {
  const { planFolder } = sourceOf(plan.source);
  if (planFolder === null) return [];
  if (commands.length === 0) return [pass('manifest-commands', 'The manifest has no shell commands')];
  const lines = commands.map((command) => `  ${commandLine(command)}`);
  const manifest = relativePath(plan.root, planFolder.manifest);
  return [
    warn(
      'manifest-commands',
      ['The manifest runs these shell commands:', ...lines].join('\n'),
      `Read them before you agree; they are in ${manifest} and its task files`,
    ),
  ];
}
