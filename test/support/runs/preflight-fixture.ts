import { CLAUDE_AGENT } from '../../../src/core/agents/claude/claude-agent.js';
import type { PreflightFacts } from '../../../src/core/preflight/preflight-facts.js';

/** Facts of a repository and machine on which everything is as it should be. */
export function goodFacts(more: Partial<PreflightFacts> = {}): PreflightFacts {
  return {
    git: { major: 2, minor: 45, patch: 1 },
    bare: false,
    shallow: false,
    sparse: false,
    head: { kind: 'branch', branch: 'main', commit: 'a'.repeat(40) },
    operation: null,
    changes: [],
    submodules: [],
    lfs: { kind: 'unused' },
    places: { worktrees: null, worktreesInstead: null, worktreesByPlan: false, claude: null, git: null, plan: null },
    shell: { faults: [], missing: [] },
    branches: ['main', 'topic/other'],
    foldsCase: false,
    tracked: ['README.md'],
    occupied: [],
    disk: { freeMB: 10_000, estimate: { worktrees: 5, perWorktreeMB: 150, totalMB: 750 } },
    agents: [
      {
        kind: 'claude',
        name: 'claude',
        cli: CLAUDE_AGENT.cli,
        path: '/usr/bin/claude',
        version: { kind: 'known', text: '2.1.329' },
      },
    ],
    lock: { kind: 'free' },
    orphans: [],
    earlierTasks: [],
    completedRun: null,
    continuedTasks: [],
    presentTasks: [],
    sourceWarnings: [],
    manifestCommands: [],
    stalePrompts: [],
    gitChanges: [],
    trust: { needed: false, items: [], digest: '' },
    newAttempts: [],
    sourceChecks: [],
    pulls: null,
    ...more,
  };
}
