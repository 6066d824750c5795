import { describe, expect, it } from 'vitest';
import { covers, isSameSource, runCommand, sourceView } from '../../../../src/core/plan/plan-source.js';
import { logLinkPath } from '../../../../src/core/plan/log-link.js';
import type { PlanSource } from '../../../../src/core/plan/plan.js';
import { planOf, ROOT } from '../../../support/runs/plan-fixture.js';

const features: PlanSource = { kind: 'features', slugs: ['a', 'b'], featuresDir: `${ROOT}/.blueprint/features` };
const manifest = planOf([{ id: 'task-001' }]).source;

describe('the source of a plan', () => {
  it('is the same for the same folder, or the same features in any order', () => {
    expect(isSameSource(features, { kind: 'features', slugs: ['b', 'a'] })).toBe(true);
    expect(isSameSource(features, { kind: 'features', slugs: ['a'] })).toBe(false);
    expect(covers(features, { kind: 'features', slugs: ['a'] })).toBe(true);
    expect(covers(features, { kind: 'features', slugs: ['a', 'c'] })).toBe(false);
    const dir = `${ROOT}/parallel/TS-0042-inventory-system`;
    expect(isSameSource(manifest, { kind: 'manifest', dir })).toBe(true);
    expect(covers(manifest, { kind: 'manifest', dir: ROOT })).toBe(false);
    expect(covers(manifest, { kind: 'features', slugs: ['a'] })).toBe(false);
  });

  it('is named as a person types it', () => {
    expect(runCommand(features, ROOT)).toBe('o8 parallel a b');
    expect(runCommand(manifest, ROOT)).toBe('o8 run parallel/TS-0042-inventory-system');
    expect(sourceView(features)).toEqual({ features: ['a', 'b'] });
  });

  it('says where the log of a task is found, unless that is outside the repository', () => {
    const [task] = planOf([{ id: 'a' }]).tasks;
    if (task === undefined) throw new Error('no task');
    const at = (worktree: string) => logLinkPath({ root: ROOT, source: features }, { ...task, worktree });
    expect(at(`${ROOT}/.claude/worktrees/feat-a`)).toBe(`${ROOT}/.claude/worktrees/feat-a.log`);
    expect(at('/home/ada/trees/feat-a')).toBeNull();
    expect(logLinkPath({ root: ROOT, source: manifest }, task)).toBe(
      `${ROOT}/parallel/TS-0042-inventory-system/logs/a.log`,
    );
  });
});
