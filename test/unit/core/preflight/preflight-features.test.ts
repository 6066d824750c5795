import { inTerminal } from '../../../../src/core/base/text.js';
import { describe, expect, it } from 'vitest';
import { buildPlan } from '../../../../src/core/plan/build-plan.js';
import type { Feature } from '../../../../src/core/features/feature.js';
import { estimateTime } from '../../../../src/core/features/feature-estimate.js';
import { featurePlanText } from '../../../../src/core/report/feature-plan-text.js';
import { recommendedBatches } from '../../../../src/core/features/feature-overlap.js';
import type { NewAttempt } from '../../../../src/core/run/new-attempt.js';
import type { Plan } from '../../../../src/core/plan/plan.js';
import { preflightChecks, preflightPassed } from '../../../../src/core/preflight/preflight.js';
import { featureChecks, type FeatureFacts } from '../../../../src/core/preflight/preflight-features.js';
import { resolveSettings, type SettingsFile } from '../../../../src/core/settings/settings.js';
import { ROOT, sourcePlan } from '../../../support/runs/plan-fixture.js';
import { goodFacts } from '../../../support/runs/preflight-fixture.js';
import { sourceFacts } from '../../../../src/core/plan/sources.js';

function feature(slug: string, more: Partial<Feature> = {}): Feature {
  return {
    slug,
    dir: `.blueprint/features/feature_${slug}`,
    spec: { kind: 'there', missingSections: [], emptySections: [] },
    plan: 'there',
    stories: 3,
    criteria: 7,
    tests: 4,
    files: [1, 2, 3, 4, 5].map((number) => ({ path: `src/${slug}/${String(number)}.ts`, action: 'create' })),
    dependsOn: [],
    names: [],
    ...more,
  };
}

const touching = (...paths: string[]): Pick<Feature, 'files'> => ({
  files: paths.map((path) => ({ path, action: 'modify' })),
});

function planOfFeatures(features: readonly Feature[], settings: SettingsFile = {}, skip: string[] = []): Plan {
  const slugs = features.map(({ slug }) => slug);
  const tasks = features.map(({ slug, dependsOn }) => ({
    id: slug,
    deps: dependsOn.filter((on) => slugs.includes(on)),
  }));
  return buildPlan({
    runId: '20261121-080512-a1b2',
    createdAt: '2026-11-21T08:05:12.000Z',
    root: ROOT,
    source: { ...sourcePlan(tasks), source: { kind: 'features', slugs, featuresDir: `${ROOT}/.blueprint/features` } },
    settings: resolveSettings(sourceFacts('features').defaults, settings, {}, {}),
    base: { branch: 'main', commit: 'a'.repeat(40) },
    skip,
    wave: null,
  });
}

function factsOf(features: readonly Feature[], more: Partial<FeatureFacts> = {}): FeatureFacts {
  return {
    features,
    skill: null,
    minutesOf: () => null,
    nowhere: new Map(),
    untracked: [],
    newAttempts: [],
    ...more,
  };
}

function check(features: readonly Feature[], more: Partial<FeatureFacts> = {}) {
  return featureChecks(planOfFeatures(features), factsOf(features, more));
}

const found = (features: readonly Feature[], more: Partial<FeatureFacts> = {}) =>
  check(features, more).filter(({ level }) => level !== 'pass');

describe('preflight of features', () => {
  it('passes where everything is there and nothing is shared', () => {
    const features = [feature('user-auth'), feature('dashboard')];
    const checks = preflightChecks(planOfFeatures(features), goodFacts({ sourceChecks: check(features) }));
    expect(preflightPassed(checks)).toBe(true);
    expect(checks.filter(({ level }) => level !== 'pass')).toEqual([]);
    expect(checks.map(({ id }) => id)).not.toContain('manifest-commands');
  });

  it('fails for what is missing, with the command that fixes it, once for a feature without specification', () => {
    const features = [
      feature('a', { spec: { kind: 'missing' }, stories: 0, plan: 'missing' }),
      feature('b', { spec: { kind: 'there', missingSections: ['Scope'], emptySections: ['Feature Intent'] } }),
      feature('c', { stories: 0, plan: 'missing' }),
    ];
    const findings = found(features);
    expect(findings.map(({ level, tasks, message }) => [level, tasks, message])).toEqual([
      ['fail', ['a'], 'a: FEATURE_SPEC.md is missing in .blueprint/features/feature_a'],
      ['fail', ['b'], 'b: section "Scope" is missing in FEATURE_SPEC.md'],
      ['fail', ['b'], 'b: section "Feature Intent" is empty in FEATURE_SPEC.md'],
      ['warn', ['c'], 'c: no story in .blueprint/features/feature_c'],
      ['warn', ['c'], 'c: IMPLEMENTATION_PLAN.md is missing in .blueprint/features/feature_c'],
    ]);
    expect(inTerminal(findings[0]?.hint ?? '')).toContain('mkdir -p .blueprint/features/feature_a && "${EDITOR:-vi}"');
  });

  it('says nothing of features that are left out', () => {
    const features = [feature('a'), feature('b', { spec: { kind: 'missing' } })];
    const checks = featureChecks(planOfFeatures(features, {}, ['b']), factsOf(features));
    expect(checks.every(({ level }) => level === 'pass')).toBe(true);
    expect(checks.map(({ message }) => message).join()).not.toContain('b:');
  });

  it('names shared files with everybody who claims them and recommends batches', () => {
    const features = [
      feature('a', touching('src/app.ts', 'src/a.ts')),
      feature('b', touching('src/app.ts')),
      feature('c', touching('src/app.ts', 'src/c.ts')),
      feature('d', touching('src/c.ts')),
    ];
    const [overlap] = found(features);
    expect(overlap).toMatchObject({ id: 'feature-overlap', level: 'warn', tasks: ['a', 'b', 'c', 'd'] });
    expect(overlap?.message).toBe(
      'Files that several plans create or modify:\n  src/app.ts: a, b, c\n  src/c.ts: c, d',
    );
    expect(inTerminal(overlap?.hint ?? '')).toBe(
      "Recommended batches: run 'o8 parallel a d', then 'o8 parallel b', then 'o8 parallel c'",
    );
  });

  it('does not report an overlap of features of which one waits for the other', () => {
    const features = [
      feature('a', touching('src/app.ts')),
      feature('b', { ...touching('src/app.ts'), dependsOn: ['a'] }),
    ];
    expect(found(features)).toEqual([]);
    expect(recommendedBatches(planOfFeatures(features), features)).toEqual([['a', 'b']]);
  });

  it('puts a feature into a batch behind the one it names, but for two that name each other', () => {
    const features = [
      feature('a', { names: ['b'] }),
      feature('b'),
      feature('c', { names: ['d'] }),
      feature('d', { names: ['c'] }),
    ];
    expect(recommendedBatches(planOfFeatures(features), features)).toEqual([['b', 'c', 'd'], ['a']]);
  });

  it('bounds what it says of two plans that share every file', () => {
    const files = touching(...Array.from({ length: 300 }, (_, index) => `src/f${String(index)}.ts`));
    const [overlap] = found([feature('a', files), feature('b', files)]);
    expect(overlap?.message.split('\n')).toHaveLength(22);
    expect(overlap?.message).toContain('and 280 more');
  });

  it('puts no feature into a batch before what it depends on', () => {
    const features = [
      feature('late', { ...touching('z.ts'), dependsOn: ['b'] }),
      feature('a', touching('x.ts')),
      feature('b', touching('x.ts')),
    ];
    const batches = recommendedBatches(planOfFeatures(features), features);
    expect(batches).toEqual([['a'], ['b', 'late']]);
  });

  it('warns of a dependency that is not part of the run, and of features that are named and not declared', () => {
    const features = [
      feature('a', { dependsOn: ['elsewhere'] }),
      feature('b', { names: ['a', 'c'] }),
      feature('c', { dependsOn: ['b'], names: ['b'] }),
    ];
    const findings = found(features);
    expect(findings.map(({ message }) => message)).toEqual([
      'a depends on elsewhere, which is not part of this run',
      'b names a but does not declare a dependency on it',
    ]);
    expect(inTerminal(findings[0]?.hint ?? '')).toContain('o8 parallel elsewhere a b c');
    expect(inTerminal(findings[1]?.hint ?? '')).toContain('depends_on: [a]');
  });

  it('tells what a new attempt leaves behind, and how work that only waits to be merged is had', () => {
    const attempt = (task: string, state: NewAttempt['state']): NewAttempt => ({
      task,
      runId: 'R',
      state,
      attempt: 1,
      ref: `refs/o8/attempts/R/${task}/1`,
    });
    const newAttempts = [attempt('a', 'failed'), attempt('b', 'merge_conflict'), attempt('c', 'complete')];
    const features = ['a', 'b', 'c'].map((slug) => feature(slug));
    const findings = found(features, { newAttempts });
    expect(findings.map(({ message }) => message)).toEqual([
      'a is a new attempt: it was failed in run R',
      'b was done by run R and is not merged yet: this run does it again',
      'c was completed by run R: this does it again',
    ]);
    expect(inTerminal(findings[1]?.hint ?? '')).toContain('o8 merge --run R --task b');
    const facts = goodFacts({
      branches: ['main', 'feature/a', 'feature/b', 'feature/c'],
      newAttempts,
      sourceChecks: check(features, { newAttempts }),
    });
    expect(preflightPassed(preflightChecks(planOfFeatures(features), facts))).toBe(true);
  });

  it('takes the branches of a run that is not over for a collision, with the way to continue', () => {
    const features = [feature('a'), feature('b')];
    const facts = goodFacts({
      branches: ['main', 'feature/a'],
      occupied: [{ path: `${ROOT}/.claude/worktrees/feat-a`, by: 'worktree' }],
      earlierTasks: ['a'],
      sourceChecks: check(features),
    });
    const failed = preflightChecks(planOfFeatures(features), facts).filter(({ level }) => level === 'fail');
    expect(failed.map(({ id }) => id)).toEqual(['branch-collision', 'worktree-collision']);
    for (const { hint } of failed) expect(inTerminal(hint)).toContain("Run 'o8 run --resume' to continue");
  });

  it('warns when agents are told to use what no worktree will have', () => {
    const [finding] = found([feature('a')], { untracked: ['.claude/commands/implement-feature.md'] });
    expect(finding).toMatchObject({ id: 'feature-files', level: 'warn' });
    expect(finding?.hint).toContain('.worktreeinclude');
  });
});

describe('the estimate', () => {
  it('comes from the history if there is one, else from the stated defaults', () => {
    const minutesOf = (slug: string): number | null => (slug === 'a' ? 75 : null);
    const lines = check([feature('a'), feature('b')], { minutesOf }).map(({ message }) => message);
    expect(lines).toContain('a: 3 stories, 7 acceptance criteria, 4 tests, 5 files, ~1 h 15 min');
    expect(lines).toContain('b: 3 stories, 7 acceptance criteria, 4 tests, 5 files, ~30 min');
    expect(lines.at(-1)).toBe(
      'Estimated time: ~1 h 45 min one after the other, ~1 h 15 min with 2 at a time (defaults where there is no history: 5 minutes a feature, 5 a story, 2 a file)',
    );
  });

  it('counts as many at a time as there may be, and the time a feature waits for another', () => {
    const task = (id: string, minutes: number, deps: string[] = []) => ({ id, deps, minutes });
    expect(estimateTime([task('a', 30), task('b', 20), task('c', 10)], 2)).toEqual({ alone: 60, parallel: 30 });
    expect(estimateTime([task('a', 30), task('b', 20, ['a']), task('c', 10)], 3)).toEqual({ alone: 60, parallel: 50 });
    expect(estimateTime([task('b', 20, ['a']), task('a', 30), task('c', 10), task('d', 10)], 2)).toEqual({
      alone: 70,
      parallel: 50,
    });
    expect(estimateTime([], 3)).toEqual({ alone: 0, parallel: 0 });
  });
});

describe('the plan of features', () => {
  it('names batches and the merge as its reader asks for them', () => {
    const features = [feature('user-auth', touching('src/app.ts')), feature('dashboard', touching('src/app.ts'))];
    const disk = { worktrees: 2, perWorktreeMB: 150, totalMB: 300 };
    const text = featurePlanText(planOfFeatures(features), disk, factsOf(features), 'chat');
    expect(text).toContain('  /parallel-run user-auth\n  /parallel-run dashboard');
    expect(text).not.toMatch(/\bo8 /);
  });

  it('shows the fixed summary, then all that preflight knows of them', () => {
    const features = [
      feature('user-auth', touching('src/app.ts')),
      feature('dashboard', { ...touching('src/app.ts'), stories: 0 }),
      feature('notifications', { dependsOn: ['user-auth'] }),
    ];
    const plan = planOfFeatures(features);
    const text = featurePlanText(plan, { worktrees: 3, perWorktreeMB: 150, totalMB: 450 }, factsOf(features));
    expect(text).toContain(
      [
        'This will:',
        '• Create 3 git worktrees in .claude/worktrees/',
        '• Start 3 parallel pipelines (max concurrent: 3)',
        '• Branches: feature/user-auth, feature/dashboard, feature/notifications',
      ].join('\n'),
    );
    for (const part of [
      'Features: user-auth, dashboard, notifications\nBase Branch: main\nMax Concurrent: 3',
      '  ✓ user-auth      3 stories, 7 acceptance criteria, 4 tests, 1 file, ~22 min',
      '  ! dashboard      0 stories',
      '      dashboard: no story in',
      '  - notifications waits for user-auth',
      '  - src/app.ts: user-auth, dashboard\nRecommended batches, one after the other:\n  o8 parallel user-auth notifications\n  o8 parallel dashboard',
      'Estimated Worktree Space: ~450MB (3 worktrees x ~150MB)',
      'Merges into: main, each task as it completes',
    ])
      expect(text).toContain(part);
  });

  it('has its worktrees and branches by the slug', () => {
    const [task] = planOfFeatures([feature('user-auth')]).tasks;
    expect(task).toMatchObject({
      branch: 'feature/user-auth',
      worktree: `${ROOT}/.claude/worktrees/feat-user-auth`,
      timeoutMinutes: 30,
    });
    const moved = planOfFeatures([feature('user-auth')], { worktreeDir: '../trees' });
    expect(moved.tasks[0]?.worktree).toBe('/home/ada/trees/feat-user-auth');
  });
});
