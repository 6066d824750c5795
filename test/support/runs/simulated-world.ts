import type { Finding } from '../../../src/core/held/finding.js';
import { NO_FACTS } from '../../../src/core/agents/base/agent-facts.js';
import { COMMAND_AGENT } from '../../../src/core/agents/command/command-agent.js';
import { MOST_OUTPUT_MB, RESULT_GRACE_MS, type AgentFact } from '../../../src/core/run/decide.js';
import type { AttemptExit } from '../../../src/core/run/events.js';
import type { Branch, BranchFacts, Trial } from '../../../src/core/run/rules/merge-branch.js';
import { endOf, type AttemptOver, type AttemptWork, type StopReason } from '../../../src/core/run/rules/settle.js';
import type { AgentEnd, BranchEnd } from './run-promises.js';

/** What happens outside of the decisions, in this order; when the list is used up, everything goes well. */
export type Chance = number;

const AGENT_ENDS: readonly AgentEnd[] = [
  ...(['success', 'failure', 'unusable', 'limit', 'lost', 'silent', 'hung', 'flood', 'unguarded'] as const),
];
/** These continue until o8 stops them. */
const ENDLESS: readonly AgentEnd[] = ['silent', 'hung', 'flood', 'unguarded'];
const BRANCH_ENDS: readonly BranchEnd[] = [
  ...(['clean', 'conflict', 'held', 'scope', 'there', 'by_person', 'rewritten', 'unrelated', 'unsigned'] as const),
];

const SILENT_MS = 3_600_000;
/** Exit code by which the simulated program says that it met a limit. */
const LIMIT_CODE = 75;
const FINDING: Finding = { key: 'k', what: 'a secret', path: 'f', commands: [] };
const WAITS = { reason: 'in the way', hint: 'o8 merge' };

export interface Agent {
  readonly attempt: number;
  readonly end: AgentEnd;
  over: boolean;
  stopped: boolean;
}

/** Random agents and branches, and the target. Contains no rules. */
export class SimulatedWorld {
  /** Commits of the target in order; a commit contains those before it. */
  readonly target: string[] = ['base'];
  private readonly agents = new Map<string, Agent>();
  private readonly chances: Chance[];

  constructor(chances: readonly Chance[]) {
    this.chances = [...chances];
  }

  /** A number from 0 up to below `below`; 0, which means that all goes well, when the chances are used up. */
  chance(below: number): number {
    return (this.chances.shift() ?? 0) % below;
  }

  /** True once in `of` calls on average. */
  happens(of: number): boolean {
    return this.chance(of) === 1;
  }

  tip(): string {
    return this.target.at(-1) ?? 'base';
  }

  /** What ends one agent without a trace often ends the next one, too: `lostBefore`. */
  startAgent(task: string, attempt: number, lostBefore: boolean): void {
    if (this.agents.get(task)?.over === false) throw new Error(`two agents at once for ${task}`);
    const again = lostBefore && this.chance(3) !== 0;
    const end = again ? 'lost' : (AGENT_ENDS[this.chance(AGENT_ENDS.length)] ?? 'success');
    this.agents.set(task, { attempt, end, over: false, stopped: false });
  }

  /** One that nobody started is lost. */
  agent(task: string, attempt: number): Pick<Agent, 'end' | 'stopped'> {
    const agent = this.agents.get(task);
    return agent?.attempt === attempt ? agent : { end: 'lost', stopped: false };
  }

  began(task: string, attempt: number): boolean {
    return this.agents.get(task)?.attempt === attempt;
  }

  kill(task: string): void {
    const agent = this.agents.get(task);
    if (agent === undefined || agent.over) return;
    agent.over = true;
    agent.stopped = true;
  }

  agentsAlive(): Agent[] {
    return [...this.agents.values()].filter(({ over }) => !over);
  }

  /** Those that will end by themselves. */
  agentsThatEnd(): Agent[] {
    return this.agentsAlive().filter(({ end }) => !ENDLESS.includes(end));
  }

  agentFact(task: string): AgentFact {
    const agent = this.agents.get(task);
    if (agent === undefined || agent.over) return { kind: 'over' };
    return {
      kind: 'running',
      quietMs: agent.end === 'silent' ? SILENT_MS : 0,
      unattendedMs: null,
      finishedMs: agent.end === 'hung' ? RESULT_GRACE_MS + 1 : null,
      unguarded: agent.end === 'unguarded',
      outputMB: agent.end === 'flood' ? MOST_OUTPUT_MB + 1 : 0,
    };
  }

  /** Everything that could be looked up about a branch. `announced`: the commit that was announced for it, if any. */
  branch(branch: Branch, announced: string | undefined): { end: BranchEnd; facts: Required<BranchFacts> } {
    const end = BRANCH_ENDS[this.chance(BRANCH_ENDS.length * 2)] ?? 'clean';
    const trials: Partial<Record<BranchEnd, Trial>> = {
      conflict: { kind: 'conflict', files: ['f'] },
      there: { kind: 'conflict', files: ['f'] },
      held: { kind: 'held', findings: [FINDING] },
      unsigned: { kind: 'unsigned', ...WAITS },
    };
    const facts = {
      announced: announced !== undefined && this.target.includes(announced) ? announced : null,
      rewritten: end === 'rewritten' ? WAITS : null,
      ancestor: end === 'unrelated' ? null : end === 'by_person' ? branch.tip : 'base',
      outOfScope: end === 'scope' ? 'f' : null,
      isInStack: false,
      trial: trials[end] ?? { kind: 'clean' as const, commit: this.newCommit(branch.task.id), note: null },
      there: end === 'there' ? this.tip() : null,
    };
    return { end: facts.announced === null ? end : 'announced', facts };
  }

  newCommit(by: string): string {
    this.commits += 1;
    return `${by}@${this.commits}`;
  }
  private commits = 0;
}

/** What the supervisor would find of an attempt that has ended. */
export function overOf(
  task: string,
  { end, stopped }: Pick<Agent, 'end' | 'stopped'>,
  stop: StopReason | null,
): AttemptOver {
  const codes: Partial<Record<AgentEnd, number>> = { success: 0, unusable: 0, limit: LIMIT_CODE };
  const byItself: AttemptExit = end === 'lost' ? { kind: 'unknown' } : { kind: 'exited', code: codes[end] ?? 1 };
  return {
    task,
    stop,
    exit: endOf(stopped ? { kind: 'signalled', signal: 'SIGTERM' } : byItself, stop),
    agent: {
      ...COMMAND_AGENT,
      facts: { ...NO_FACTS, unguarded: end === 'unguarded' ? 'Write' : null },
      rateLimitExitCode: LIMIT_CODE,
    },
    markerPresent: end === 'success' || end === 'unusable' || end === 'hung',
    limits: { timeoutMinutes: 60, stallMinutes: 10, budgetUsd: null, maxTurns: null },
    output: 'agent.jsonl',
  };
}

export function workOf({ end }: Pick<Agent, 'end'>): AttemptWork {
  if (end === 'unusable') return { kind: 'unusable', message: 'the agent rewrote history' };
  return { kind: 'usable', start: 'base', commits: 1, uncommitted: false };
}
