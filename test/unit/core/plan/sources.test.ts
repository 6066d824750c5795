import { o8, inTerminal } from '../../../../src/core/base/text.js';
import { describe, expect, it } from 'vitest';
import {
  covers,
  isSameSource,
  keyCommand,
  keyFor,
  keyFrom,
  keyOf,
  keyWords,
  namedBy,
  ownChanges,
  planSourceSchema,
  requireKey,
  runCommand,
  sourceKey,
  sourceOf,
  type PlanSource,
} from '../../../../src/core/plan/sources.js';
import { logLinkPath } from '../../../../src/core/plan/log-link.js';
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

  it('is named as typed on a command line', () => {
    expect(inTerminal(runCommand(features, ROOT))).toBe('o8 parallel a b');
    expect(inTerminal(runCommand(manifest, ROOT))).toBe('o8 run parallel/TS-0042-inventory-system');
    expect(inTerminal(keyCommand({ kind: 'beads', epic: 'shop-a1' }))).toBe('o8 run --epic shop-a1');
    expect(sourceOf(features).view).toEqual({ features: ['a', 'b'] });
  });

  it('is found again by the key that its view, its words, and it itself have', () => {
    const isSlug = (word: string) => !word.includes('/');
    for (const source of [features, manifest]) {
      const key = sourceKey(source);
      expect(isSameSource(source, key)).toBe(true);
      expect(keyOf(sourceOf(source).view)).toEqual(key);
      expect(keyOf(namedBy(keyWords(key), { isSlug, isFolder: () => false }))).toEqual(key);
      expect(keyFrom(keyFor(key, ROOT), ROOT)).toEqual(key);
      expect(keyCommand(keyFor(key, ROOT))).toEqual(runCommand(source, ROOT));
      expect(planSourceSchema.parse(JSON.parse(JSON.stringify(source)))).toEqual(source);
    }
    expect(keyOf({})).toBeNull();
    expect(keyOf(namedBy([], { isSlug, isFolder: () => false }))).toBeNull();
    expect(namedBy(['shop'], { isSlug, isFolder: () => true })).toEqual({ dir: 'shop' });
  });

  it('is exactly one of what an input names', () => {
    expect(requireKey({ features: ['a'] })).toEqual({ kind: 'features', slugs: ['a'] });
    expect(() => requireKey({})).toThrow('exactly one of dir, features, epic (none was given)');
    expect(() => requireKey({ dir: 'x', epic: 'e' })).toThrow('(given: dir, epic)');
    expect(requireKey({ epic: 'e' })).toEqual({ kind: 'beads', epic: 'e' });
  });

  it('says what runs a part of it, and what o8 makes beside it', () => {
    const tasks = [
      { id: 'a', wave: 1 },
      { id: 'c', wave: 2 },
      { id: 'b', wave: 1 },
    ];
    const [ofFeatures, ofManifest] = [sourceOf(features), sourceOf(manifest)];
    expect(ofFeatures.parts(tasks, ROOT)).toEqual([
      { tasks: ['a', 'c', 'b'], command: o8('parallel', ['a', 'c', 'b']) },
    ]);
    const dir = 'parallel/TS-0042-inventory-system';
    expect(ofManifest.parts(tasks, ROOT)).toEqual([
      { tasks: ['a', 'b'], command: o8('run', [dir], { wave: 1 }) },
      { tasks: ['c'], command: o8('run', [dir], { wave: 2 }) },
    ]);
    const { settings } = planOf([]);
    expect(ofFeatures.made(ROOT, settings)).toEqual(['/.claude/worktrees/feat-*']);
    expect(ofManifest.made(ROOT, settings)).toEqual([
      '/parallel/TS-0042-inventory-system/logs/',
      '/parallel/TS-0042-inventory-system/.manifest.json.o8',
    ]);
    const own = ownChanges().filter(({ mayBeIn }) => mayBeIn('parallel/x/manifest.json'));
    expect(own.map(({ isAll }) => isAll?.('{"a":1}', '{"a":1,"execution":{}}'))).toEqual([true]);
    expect(ownChanges().some(({ mayBeIn }) => mayBeIn('src/my-manifest.json'))).toBe(false);
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
