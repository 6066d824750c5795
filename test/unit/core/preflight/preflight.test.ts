import { inTerminal } from '../../../../src/core/base/text.js';
import { describe, expect, it } from 'vitest';
import { CLAUDE_AGENT } from '../../../../src/core/agents/claude/claude-agent.js';
import type { Plan } from '../../../../src/core/plan/plan.js';
import type { Check } from '../../../../src/core/base/check.js';
import type { PreflightFacts } from '../../../../src/core/preflight/preflight-facts.js';
import { manifestCommands } from '../../../../src/core/plan/plan-commands.js';
import { commandWord } from '../../../../src/core/preflight/command-word.js';
import { preflightChecks, preflightPassed } from '../../../../src/core/preflight/preflight.js';
import { planOf, ROOT, seedTasks, sourcePlan } from '../../../support/runs/plan-fixture.js';
import { goodFacts } from '../../../support/runs/preflight-fixture.js';

const plan = planOf(seedTasks());

/** The findings of one check that are not passes. */
type ReadCheck = Check & { readonly hint: string };

/** With hints as a terminal shows them. */
function findings(id: string, facts: Partial<PreflightFacts>, of: Plan = plan): ReadCheck[] {
  return preflightChecks(of, goodFacts(facts))
    .filter((check) => check.id === id && check.level !== 'pass')
    .map((check) => ({ ...check, hint: inTerminal(check.hint) }));
}

function finding(id: string, facts: Partial<PreflightFacts>, of: Plan = plan): ReadCheck {
  const found = findings(id, facts, of);
  expect(found).toHaveLength(1);
  const [check] = found;
  if (check === undefined) throw new Error('unreachable');
  return check;
}

describe('preflightChecks', () => {
  it('passes a good plan in a good repository, every check once and in a fixed order', () => {
    const checks = preflightChecks(plan, goodFacts());
    expect(preflightPassed(checks)).toBe(true);
    expect(checks.every(({ level, hint }) => level === 'pass' && hint === '')).toBe(true);
    expect(checks.map(({ id }) => id)).toEqual([
      'git-version',
      'repository',
      'head',
      'operation',
      'clean-tree',
      'base-branch',
      'shallow',
      'sparse',
      'submodules',
      'lfs',
      'git-changes',
      'branch-collision',
      'worktree-collision',
      'worktree-folder',
      'claude-folder',
      'git-folder',
      'disk-space',
      'agent-cli',
      'lock',
      'trust',
      'dependencies',
      'scope-overlap',
      'case-names',
      'same-task',
      'prompt-size',
      'manifest-commands',
      'shell-commands',
      'permission-mode',
    ]);
  });

  it('does not pass when one check fails', () => {
    expect(preflightPassed(preflightChecks(plan, goodFacts({ bare: true })))).toBe(false);
  });
});

describe('the repository', () => {
  it.each([
    [2, 24, 'fail'],
    [2, 25, 'warn'],
    [2, 37, 'warn'],
    [2, 38, 'pass'],
    [3, 0, 'pass'],
    [1, 99, 'fail'],
  ] as const)('git %i.%i is a %s', (major, minor, level) => {
    const checks = preflightChecks(plan, goodFacts({ git: { major, minor, patch: 0 } }));
    expect(checks.find(({ id }) => id === 'git-version')?.level).toBe(level);
  });

  it('refuses a bare one', () => {
    expect(finding('repository', { bare: true })).toMatchObject({ level: 'fail' });
  });

  it('refuses a detached HEAD and names the branch to switch to', () => {
    const check = finding('head', { head: { kind: 'detached', commit: 'b'.repeat(40) } });
    expect(check).toMatchObject({ level: 'fail', hint: "Run 'git switch main'" });
  });

  it('refuses a branch without a commit', () => {
    expect(finding('head', { head: { kind: 'unborn', branch: 'main' } }).message).toBe(
      'Branch main has no commits yet; a run starts from a commit',
    );
  });

  it.each([
    ['merge', "Run 'git merge --continue' or 'git merge --abort'"],
    ['bisect', "Run 'git bisect reset'"],
  ] as const)('refuses to start in the middle of a %s', (operation, hint) => {
    expect(finding('operation', { operation })).toMatchObject({ level: 'fail', hint });
  });

  it('refuses uncommitted changes with the fixed text', () => {
    const changes = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((path) => ({ path, untracked: false }));
    expect(finding('clean-tree', { changes })).toEqual({
      id: 'clean-tree',
      level: 'fail',
      message: 'Uncommitted changes in working directory: a, b, c, d, e and 2 more',
      hint: "Run 'git stash' or commit changes before parallel execution.",
      tasks: [],
    });
  });

  it('suggests a stash that takes untracked files too if there are some', () => {
    expect(finding('clean-tree', { changes: [{ path: 'new.ts', untracked: true }] }).hint).toContain(
      'git stash push --include-untracked -- new.ts',
    );
  });

  const untracked = (paths: readonly string[]) => paths.map((path) => ({ path, untracked: true }));
  const numbered = (count: number, path: (index: string) => string) =>
    Array.from({ length: count }, (_, index) => path(String(index)));

  it('names few of many untracked files, their folder, how many there are, and the line for .gitignore', () => {
    const changes = untracked(numbered(300, (index) => `.venv/lib/f${index}.py`));
    const { message, hint } = finding('clean-tree', { changes });
    expect(message).toContain('.venv/lib/f0.py');
    expect(message).toContain('and 295 more; 300 untracked files in .venv/');
    expect(hint).toBe(
      'Run: printf \'%s\\n\' .venv/ >> .gitignore && git add .gitignore && git commit -m "Ignore generated files" -- .gitignore',
    );
    expect(`${message}${hint}`.length).toBeLessThan(400);
  });

  it.each([
    [
      'one folder in several packages',
      numbered(60, (index) => `packages/p${index}/node_modules/x.js`),
      'node_modules/',
    ],
    ['a folder nobody knows', numbered(60, (index) => `data/raw/f${index}.bin`), '/data/raw/'],
    ['files beside each other', numbered(60, (index) => `run${index}.log`), "'/*.log'"],
    ['compiled files, however few', ['src/__pycache__/a.pyc', 'src/__pycache__/b.pyc'], '__pycache__/'],
  ])('ignores %s', (_, paths, pattern) => {
    const { hint } = finding('clean-tree', { changes: untracked(paths) });
    expect(hint).toContain(`printf '%s\\n' ${pattern} >> .gitignore`);
    expect(hint.length).toBeLessThan(400);
  });

  it('says for the rest what it says without them, in a bounded command', () => {
    const generated = untracked(numbered(80, (index) => `node_modules/f${index}.js`));
    const { hint } = finding('clean-tree', { changes: [{ path: 'src/a.ts', untracked: false }, ...generated] });
    expect(hint.split('\n')[1]).toBe("Run 'git stash' or commit changes before parallel execution.");
    const few = finding('clean-tree', { changes: untracked(numbered(40, (index) => `docs/n${index}.md`)) });
    expect(few.hint).toBe(
      "Run 'git stash push --include-untracked -- docs' or commit changes before parallel execution.",
    );
    const wide = finding('clean-tree', { changes: untracked(numbered(40, (index) => `d${index}/n.md`)) });
    expect(wide.hint).toBe("Run 'git add -A && git commit' before parallel execution.");
  });

  it('suggests a commit, never a stash, when the plan itself is not committed', () => {
    const path = 'parallel/TS-0042-inventory-system/manifest.json';
    expect(finding('clean-tree', { changes: [{ path, untracked: true }] }).hint).toBe(
      'Run \'git add parallel/TS-0042-inventory-system && git commit -m "Add the plan"\' before parallel execution.',
    );
    const both = [
      { path, untracked: true },
      { path: 'src/a.ts', untracked: false },
    ];
    expect(finding('clean-tree', { changes: both }).hint).not.toContain('stash');
  });

  it('takes no notice of its own untracked files', () => {
    const changes = ['.claude/parallel-config.json', '.claude/parallel/runs/x/plan.json', '.claude/parallel.lock'].map(
      (path) => ({ path, untracked: true }),
    );
    expect(findings('clean-tree', { changes })).toEqual([]);
    expect(findings('clean-tree', { changes: [{ path: '.claude/settings.json', untracked: true }] })).toHaveLength(1);
  });

  it('warns when the base is not the main branch', () => {
    const head = { kind: 'branch', branch: 'topic/other', commit: 'a'.repeat(40) } as const;
    expect(finding('base-branch', { head })).toMatchObject({
      level: 'warn',
      hint: "Run 'git switch main' if this is not intended",
    });
    expect(findings('base-branch', { head, branches: ['trunk', 'topic/other'] })).toEqual([]);
  });

  it('warns of a shallow clone, a sparse checkout, submodules and missing LFS', () => {
    expect(finding('shallow', { shallow: true }).hint).toBe("Run 'git fetch --unshallow'");
    expect(finding('sparse', { sparse: true }).level).toBe('warn');
    expect(finding('submodules', { submodules: ['vendor/lib'] }).message).toContain('vendor/lib');
    const lfs = { kind: 'used', program: null, files: 2, configured: false } as const;
    expect(finding('lfs', { lfs })).toMatchObject({
      level: 'fail',
      message: '2 files in Git LFS, and git-lfs was not found',
      hint: expect.stringContaining('git lfs install') as string,
    });
    expect(findings('lfs', { lfs: { ...lfs, program: '/usr/bin/git-lfs', configured: true } })).toEqual([]);
    expect(finding('lfs', { lfs: { ...lfs, program: '/usr/bin/git-lfs' } }).level).toBe('warn');
    expect(finding('lfs', { lfs: { ...lfs, files: 0 } }).level).toBe('warn');
  });

  it('does not warn of submodules that setup fills', () => {
    const filled = planOf(seedTasks(), { settings: { setup: 'git submodule update --init' } });
    expect(findings('submodules', { submodules: ['vendor/lib'] }, filled)).toEqual([]);
  });
});

describe('branch collisions', () => {
  it('refuses an existing branch with the fixed text', () => {
    const check = finding('branch-collision', {
      branches: ['main', 'feature/task-001-users'],
      earlierTasks: ['task-001'],
    });
    expect(check).toEqual({
      id: 'branch-collision',
      level: 'fail',
      message: 'Branch already exists: feature/task-001-users',
      hint: "Previous execution was interrupted. Use '--retry-failed' to continue, or 'o8 merge' and then 'o8 cleanup' to start over.",
      tasks: ['task-001'],
    });
  });

  it('also says how to keep a branch that no run made', () => {
    const { hint } = finding('branch-collision', { branches: ['feature/task-001-users'] });
    expect(hint).toContain("git branch -m feature/task-001-users feature/task-001-users-old'");
    expect(hint).toContain('--retry-failed');
  });

  it('finds a branch below a wanted one', () => {
    expect(finding('branch-collision', { branches: ['feature/task-001-users/wip'] })).toMatchObject({
      level: 'fail',
      message: 'Branch feature/task-001-users/wip conflicts with feature/task-001-users: git cannot have both',
      hint: "Run 'git branch -m feature/task-001-users/wip feature-task-001-users-wip'",
    });
  });

  it('finds a branch above the wanted ones, once for all of them', () => {
    const check = finding('branch-collision', { branches: ['feature'] });
    expect(check.hint).toBe("Run 'git branch -m feature feature-old'");
    expect(check.tasks).toHaveLength(5);
  });

  it('finds a branch in the way of the integration branch, if there is to be one', () => {
    expect(finding('branch-collision', { branches: ['o8'] }).hint).toBe("Run 'git branch -m o8 o8-old'");
    expect(
      findings(
        'branch-collision',
        { branches: ['o8'] },
        planOf(seedTasks(), { settings: { merge: { into: 'base' } } }),
      ),
    ).toEqual([]);
  });

  it('finds names that differ in case only: a warning, a failure where the file system folds case', () => {
    const branches = ['Feature/Task-001-Users'];
    expect(finding('branch-collision', { branches })).toMatchObject({ level: 'warn', tasks: ['task-001'] });
    const folded = findings('branch-collision', { branches, foldsCase: true });
    expect(folded.every(({ level }) => level === 'fail')).toBe(true);
    expect(folded.some(({ tasks }) => tasks.includes('task-001'))).toBe(true);
  });

  it('reports a folder with different case only if the file system ignores case', () => {
    expect(findings('branch-collision', { branches: ['FEATURE/x'] })).toEqual([]);
    expect(findings('branch-collision', { branches: ['FEATURE/x'], foldsCase: true })).toHaveLength(1);
  });

  it('ignores names that only begin the same', () => {
    expect(findings('branch-collision', { branches: ['feature/task-001-users-old', 'features', 'o8-old'] })).toEqual(
      [],
    );
  });

  it('does not mind branches and worktrees of the run that is continued, nor of tasks left out', () => {
    const facts = {
      branches: ['feature/task-001-users', 'feature/task-002-products'],
      occupied: [{ path: '/home/ada/workspaces/task-001', by: 'worktree' } as const],
      continuedTasks: ['task-001'],
    };
    const partly = planOf(seedTasks(), { skip: ['task-002'] });
    expect(findings('branch-collision', facts, partly)).toEqual([]);
    expect(findings('worktree-collision', facts, partly)).toEqual([]);
  });
});

describe('worktree collisions', () => {
  const path = '/home/ada/workspaces/task-001';

  it('refuses an existing worktree with the fixed text', () => {
    expect(finding('worktree-collision', { occupied: [{ path, by: 'worktree' }] })).toMatchObject({
      level: 'fail',
      message: 'Worktree already exists: ../workspaces/task-001',
      hint: "Run 'git worktree remove ../workspaces/task-001' or use --force.",
      tasks: ['task-001'],
    });
  });

  it('gives the command that also removes a locked one', () => {
    expect(finding('worktree-collision', { occupied: [{ path, by: 'locked_worktree' }] }).hint).toContain(
      'git worktree unlock ../workspaces/task-001 && git worktree remove ../workspaces/task-001',
    );
  });

  it('sends a clone whose worktrees another repository has to a folder with its own name, also with --force', () => {
    const occupied = [{ path, by: 'sibling', owner: '/home/ada/other' }] as const;
    expect(finding('worktree-place', { occupied })).toMatchObject({
      level: 'fail',
      message: 'Worktree folder is used by another repository: ../workspaces/task-001 (/home/ada/other)',
      hint: expect.stringMatching(/^Run 'o8 config set workspaceRoot \.\.\/[\w-]+-workspaces'$/) as string,
    });
  });

  it('refuses a path that holds something else', () => {
    expect(finding('worktree-collision', { occupied: [{ path, by: 'other' }] })).toMatchObject({
      message: 'Path already exists and is not a worktree of this repository: ../workspaces/task-001',
      hint: "Run 'mv ../workspaces/task-001 ../workspaces/task-001.old' or use --force.",
    });
  });
});

describe('the machine', () => {
  const estimate = { worktrees: 5, perWorktreeMB: 150, totalMB: 750 };

  it.each([
    [1250, 'pass'],
    [1249, 'warn'],
    [950, 'warn'],
    [949, 'fail'],
  ] as const)('%i MB free for 5 x 150 MB, 3 at once, 500 kept: %s', (freeMB, level) => {
    const checks = preflightChecks(plan, goodFacts({ disk: { freeMB, estimate } }));
    expect(checks.find(({ id }) => id === 'disk-space')?.level).toBe(level);
  });

  const claude = { kind: 'claude', name: 'claude', cli: CLAUDE_AGENT.cli };

  it('misses Claude with the fixed text', () => {
    const agents = [{ ...claude, path: null, version: { kind: 'not_asked' } as const }];
    expect(finding('agent-cli', { agents })).toMatchObject({
      level: 'fail',
      message: 'Claude CLI not found',
      hint: 'Install Claude Code CLI: https://claude.ai/code',
    });
  });

  it('misses another agent by its name', () => {
    const version = { kind: 'not_asked' } as const;
    const agents = [{ kind: 'command', name: 'my-agent', cli: null, path: null, version }];
    expect(finding('agent-cli', { agents }).message).toBe('Agent program not found: my-agent');
  });

  it('refuses a Claude that does not start', () => {
    const version = { kind: 'failed', output: 'Illegal instruction' } as const;
    const agents = [{ ...claude, path: '/usr/bin/claude', version }];
    expect(finding('agent-cli', { agents })).toMatchObject({
      level: 'fail',
      message: 'Claude CLI does not start: Illegal instruction',
    });
  });

  it.each([
    ['held', 'fail', 'Another parallel execution is in progress (PID: 12345)\nStarted at: 2026-02-25T10:30:00Z'],
    ['stale', 'warn', 'Found stale lock file (PID 12345 not running)'],
    ['unknown', 'fail', 'process 12345 of other-host'],
  ] as const)('a lock that is %s is a %s', (kind, level, message) => {
    const process = { pid: 12_345, host: 'other-host' };
    const holder = { runId: 'r1', startedAt: '2026-02-25T10:30:00Z', process };
    const check = finding('lock', { lock: { kind, holder } });
    expect(check.level).toBe(level);
    expect(check.message).toContain(message);
  });
});

describe('the plan', () => {
  it('refuses a wave whose dependencies have not landed and says which wave is first', () => {
    const second = planOf(seedTasks(), { wave: 2 });
    const found = findings('dependencies', { presentTasks: ['task-001', 'task-002'] }, second);
    expect(found.map(({ tasks }) => tasks)).toEqual([['task-004'], ['task-005']]);
    expect(found[0]).toMatchObject({
      level: 'fail',
      message: 'Wave 2 is not ready: task-004-orders needs task-003-shared, which has not landed yet',
      hint: "Run 'o8 run parallel/TS-0042-inventory-system --wave 1' first",
    });
  });

  it('lets a wave continue whose dependencies landed, with the fixed text', () => {
    const second = planOf(seedTasks(), { wave: 2 });
    const checks = preflightChecks(second, goodFacts({ presentTasks: ['task-001', 'task-002', 'task-003'] }));
    expect(checks.find(({ id }) => id === 'dependencies')).toMatchObject({
      level: 'pass',
      message: 'All dependencies satisfied. Proceeding with Wave 2.',
    });
  });

  it('warns of tasks that will be blocked by what is skipped', () => {
    const partly = planOf(seedTasks(), { skip: ['task-003', 'task-005'] });
    expect(finding('dependencies', {}, partly)).toMatchObject({
      level: 'warn',
      message: 'task-004-orders will be blocked: it needs task-003-shared, which is left out and has not landed',
      tasks: ['task-004'],
    });
  });

  describe('with tasks of the same scope', () => {
    const scope = { create: [{ glob: 'src/a.ts', symbol: null }], modify: [], boundary: [] };
    const both = [
      { id: 'a', scope },
      { id: 'b', scope },
    ];

    it('fails when they may run together', () => {
      expect(finding('scope-overlap', {}, planOf(both))).toMatchObject({
        level: 'fail',
        message: 'Scope overlap: src/a.ts in a, b',
        hint: "Give it to one of them in '## Scope', or let one wait: 'deps: [a]' in b",
        tasks: ['a', 'b'],
      });
      const modify = { create: [], modify: scope.create, boundary: [] };
      const apart = both.map(({ id }) => ({ id, scope: modify }));
      expect(finding('scope-overlap', {}, planOf(apart))).toMatchObject({
        level: 'warn',
        hint: expect.stringContaining("name the parts ('MODIFY: src/a.ts::Symbol')") as string,
      });
    });

    it('does not mind when one is left out, waits for the other, or scopes are off', () => {
      expect(findings('scope-overlap', {}, planOf(both, { skip: ['b'] }))).toEqual([]);
      expect(
        findings(
          'scope-overlap',
          {},
          planOf([
            { id: 'a', scope },
            { id: 'b', scope, deps: ['a'] },
          ]),
        ),
      ).toEqual([]);
      expect(findings('scope-overlap', {}, planOf(both, { settings: { scope: 'off' } }))).toEqual([]);
      const otherWave = [
        { id: 'a', scope },
        { id: 'b', scope, wave: 2 },
      ];
      expect(findings('scope-overlap', {}, planOf(otherWave, { wave: 1 }))).toEqual([]);
    });
  });

  it('warns of a prompt that fills the context, refuses one that is too long for an argument', () => {
    const long = [
      { id: 'a', prompt: 'x'.repeat(150_000) },
      { id: 'b', prompt: 'x'.repeat(250_000) },
    ];
    expect(findings('prompt-size', {}, planOf(long))).toMatchObject([{ level: 'warn', tasks: ['b'] }]);
    const argument = planOf(long, { settings: { agent: { command: ['my-agent', '{prompt}'] } } });
    expect(findings('prompt-size', {}, argument)).toMatchObject([
      { level: 'fail', tasks: ['a'] },
      { level: 'fail', tasks: ['b'] },
    ]);
  });

  it('shows the commands of the manifest word for word', () => {
    const commands = [{ kind: 'validation', command: 'npm test', wave: 1 } as const];
    const check = finding('manifest-commands', { manifestCommands: commands });
    expect(check.level).toBe('warn');
    expect(check.message).toContain('validation (after wave 1): npm test');
  });

  it('warns of bypassPermissions', () => {
    const bypass = planOf(seedTasks(), { settings: { agent: { permissionMode: 'bypassPermissions' } } });
    expect(finding('permission-mode', {}, bypass).level).toBe('warn');
  });
});

describe('manifestCommands', () => {
  it('are those the manifest brings, not those of the user settings', () => {
    const tasks = [{ id: 'a', verify: 'make check' }, { id: 'b' }];
    const more = { waves: [{ number: 1, validation: 'make all' }] };
    const mixed = planOf(tasks, { settings: { setup: 'npm ci', verify: 'npm test' }, source: more });
    expect(manifestCommands(mixed, sourcePlan(tasks, more))).toEqual([
      { kind: 'verify', command: 'make check', tasks: ['a'] },
      { kind: 'validation', command: 'make all', wave: 1 },
    ]);
    expect(mixed.root).toBe(ROOT);
  });
});

describe('shell commands', () => {
  const waves = [
    { number: 1, validation: "from app import x; print('ok')" },
    { number: 2, validation: '# later' },
  ];
  const broken = planOf(seedTasks(), { settings: { verify: 'npm test' }, source: { waves } });
  const said = 'sh: 1: Syntax error: word unexpected (expecting ")")\nmore';

  it('that the shell cannot read are refused with its own words, and where to correct them', () => {
    const shell = { faults: [{ command: waves[0]?.validation ?? '', said, isBash: false }], missing: [] };
    const [fault, comment] = findings('shell-commands', { shell }, broken);
    expect(fault).toMatchObject({
      level: 'fail',
      message: `validation (after wave 1) is not a valid shell command: sh: 1: Syntax error: word unexpected (expecting ")")\n  "from app import x; print('ok')"`,
    });
    expect(comment).toMatchObject({
      level: 'warn',
      message: 'validation (after wave 2) is only a comment and checks nothing',
    });
  });

  it('that only bash reads get a spelling for sh; of settings the command that sets them', () => {
    const plan = planOf(seedTasks(), { settings: { verify: 'diff <(a) <(b)' } });
    const shell = { faults: [{ command: 'diff <(a) <(b)', said, isBash: true }], missing: [] };
    const { hint } = finding('shell-commands', { shell }, plan);
    expect(hint).toContain('o8 config set verify');
    expect(hint).toContain("bash -c 'diff <(a) <(b)'");
  });

  it('that begin with no command of this machine are a warning', () => {
    const shell = { faults: [], missing: [{ command: 'npm test', word: 'npm' }] };
    expect(
      finding('shell-commands', { shell }, planOf(seedTasks(), { settings: { verify: 'npm test' } })),
    ).toMatchObject({
      level: 'warn',
      message: 'verify (every task) begins with "npm", which is not a command on this machine: "npm test"',
    });
  });

  it.each([
    ['npm test', 'npm'],
    ['A=1 B=x ! npm test', 'npm'],
    ['# why\n\n  make; true', 'make'],
    ['All tests pass.', 'All'],
    ['x=database; echo', null],
    ['if true; then a; fi', null],
    ['(cd x && y)', null],
    ['./run', null],
    ['"$PY" -m x', null],
    ['# only', null],
  ])('%j begins with %j', (command, word) => {
    expect(commandWord(command)).toBe(word);
  });
});

describe('places a run writes to', () => {
  const places = goodFacts().places;
  const denied = (at: string, foreign = false) => ({ kind: 'denied', at, foreign }) as const;

  it('are refused each with a command of its own', () => {
    const worktrees = { ...places, worktrees: denied('/home', true), worktreesInstead: '.claude/worktrees' };
    expect(finding('worktree-folder', { places: worktrees })).toMatchObject({
      level: 'fail',
      message: 'Worktrees cannot be created in ../workspaces: /home belongs to another user and is not writable',
      hint: `Run 'o8 config set workspaceRoot .claude/worktrees', or run 'sudo install -d -o "$(id -un)" ../workspaces'`,
    });
    expect(finding('claude-folder', { places: { ...places, claude: denied(`${ROOT}/.claude`) } }).hint).toBe(
      "Run 'chmod -R u+rwX .claude'",
    );
    expect(
      finding('claude-folder', { places: { ...places, claude: { kind: 'not_a_folder', at: `${ROOT}/.claude` } } }).hint,
    ).toBe("Run 'mv .claude .claude.old'");
    expect(finding('git-folder', { places: { ...places, git: denied(`${ROOT}/.git/objects/1f`, true) } }).hint).toBe(
      `Run 'sudo chown -R "$(id -un)" .git'`,
    );
    expect(
      finding('git-folder', { places: { ...places, git: { kind: 'read_only', at: `${ROOT}/.git` } } }).hint,
    ).toContain(`git clone ${ROOT}`);
  });

  it('that the plan names are changed in the plan', () => {
    const facts = { ...places, worktrees: denied('/home'), worktreesByPlan: true };
    expect(finding('worktree-folder', { places: facts }).hint).toContain('Change o8.workspaceRoot in parallel/');
  });
});
