import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Issue } from '../../../../src/core/beads/issue.js';
import { epicsToClose, issueTree } from '../../../../src/core/beads/issue-tree.js';
import { issueTasks, selectionWarnings } from '../../../../src/core/beads/issue-tasks.js';
import { selectIssues, type WantedIssues } from '../../../../src/core/beads/select-issues.js';
import { blocks, issue } from './issues.js';

const EPIC: WantedIssues = { kind: 'epic', id: 'e' };
const actor = 'o8:a@b';

function inEpic(id: string, given: Partial<Issue> = {}): Issue {
  return issue(id, { parent: 'e', ...given });
}

function selected(issues: readonly Issue[], wanted: WantedIssues = EPIC, inRun: readonly string[] = []) {
  const { tasks, left } = selectIssues(issues, wanted, { actor, inRun: new Set(inRun) });
  return {
    tasks: Object.fromEntries(tasks.map(({ issue: { id }, deps }) => [id, deps])),
    left: Object.fromEntries(left.map(({ issue: { id }, why }) => [id, why])),
  };
}

const epic = issue('e', { type: 'epic' });

describe('the tasks of an epic', () => {
  it('are the open tasks, bugs, features and chores below it, at any depth and whatever the type of what is above them', () => {
    const issues = [
      epic,
      inEpic('a'),
      inEpic('b', { type: 'bug' }),
      inEpic('c', { type: 'feature' }),
      inEpic('c.1', { parent: 'c', type: 'chore' }),
      inEpic('c.2', { parent: null }), // told by its id
      inEpic('d', { type: 'event' }),
      inEpic('f', { type: 'epic' }),
      inEpic('g', { ephemeral: true }),
      inEpic('h', { status: 'closed' }),
      issue('other'),
    ];
    expect(Object.keys(selected(issues).tasks)).toEqual(['a', 'b', 'c.1', 'c.2']);
    expect(selected(issues).left).toEqual({});
  });

  it('come with the most urgent first, then the oldest', () => {
    const at = (createdAt: string, priority: number) => ({ createdAt, priority });
    const issues = [
      epic,
      inEpic('a', at('2', 2)),
      inEpic('b', at('1', 2)),
      inEpic('c', at('3', 0)),
      inEpic('d', at('1', 2)),
    ];
    expect(Object.keys(selected(issues).tasks)).toEqual(['c', 'b', 'd', 'a']);
  });

  it('depend on what blocks them, and on nothing else', () => {
    const links = [
      ...blocks('a'),
      { on: 'x', type: 'related' },
      { on: 'y', type: 'discovered-from' },
      { on: 'e', type: 'parent-child' },
    ];
    expect(selected([epic, inEpic('a'), inEpic('b', { links })]).tasks).toEqual({ a: [], b: ['a'] });
  });

  it('are left out while something outside of the run that they wait for is open, and so is what waits for them', () => {
    const issues = (status: string) => [
      epic,
      issue('x', { status }),
      inEpic('a', { links: blocks('x') }),
      inEpic('b', { links: blocks('a') }),
      inEpic('c', { links: blocks('gone') }),
      inEpic('d'),
    ];
    expect(selected(issues('closed')).tasks).toEqual({ a: [], b: ['a'], d: [] });
    expect(selected(issues('open'))).toEqual({
      tasks: { d: [] },
      left: {
        a: { kind: 'waits', on: ['x'], ours: false },
        b: { kind: 'waits', on: ['a'], ours: false },
        c: { kind: 'waits', on: ['gone'], ours: false },
      },
    });
  });

  it('wait for the work below an epic that blocks them or the epics above them', () => {
    const issues = [
      epic,
      inEpic('one', { type: 'epic' }),
      inEpic('two', { type: 'epic', links: blocks('one') }),
      issue('a', { parent: 'one' }),
      issue('b', { parent: 'one' }),
      issue('c', { parent: 'two' }),
      inEpic('d', { links: blocks('two') }),
    ];
    expect(selected(issues).tasks).toEqual({ a: [], b: [], c: ['a', 'b'], d: ['c'] });
  });

  it('are not held up by an epic that waits for its own tasks', () => {
    const issues = [
      issue('e', { type: 'epic', links: blocks('a', 'b') }),
      inEpic('a'),
      inEpic('b', { links: blocks('a') }),
    ];
    expect(selected(issues).tasks).toEqual({ a: [], b: ['a'] });
  });

  it('are left to those who have claimed them, and taken up where our own actor has', () => {
    const issues = [
      epic,
      inEpic('a', { assignee: 'ann', status: 'in_progress' }),
      inEpic('b', { assignee: 'ann' }),
      inEpic('c', { assignee: actor, status: 'in_progress' }),
      inEpic('d', { status: 'blocked' }),
      inEpic('f', { status: 'in_progress' }),
      inEpic('g', { assignee: actor, links: blocks('a') }),
    ];
    const { tasks, left } = selectIssues(issues, EPIC, { actor });
    expect(tasks.map(({ issue: { id }, adopted }) => [id, adopted])).toEqual([['c', true]]);
    expect(Object.fromEntries(left.map(({ issue: { id }, why }) => [id, why]))).toEqual({
      a: { kind: 'claimed', by: 'ann' },
      b: { kind: 'claimed', by: 'ann' },
      d: { kind: 'status', status: 'blocked' },
      f: { kind: 'status', status: 'in_progress' },
      g: { kind: 'waits', on: ['a'], ours: false },
    });
    expect(selectionWarnings({ tasks, left, roots: [] }).map(({ message }) => message)).toEqual([
      'a is claimed by "ann" and left alone',
      'b is claimed by "ann" and left alone',
    ]);
  });

  it('are refused by name for cycles, impossible names and an unknown epic', () => {
    const cycle = [
      epic,
      inEpic('a', { links: blocks('b') }),
      inEpic('b', { links: blocks('c') }),
      inEpic('c', { links: blocks('a') }),
    ];
    expect(() => selected(cycle)).toThrow('dependency cycle: a -> b -> c -> a');
    expect(() => selected([epic, inEpic('a', { links: blocks('e') })])).toThrow('dependency cycle: a -> a');
    expect(() => selected([epic, inEpic('../a')])).toThrow('"../a" is not a valid name');
    expect(() => selected([issue('f')])).toThrow('Beads has no issue "e".');
  });

  it('survive files in which an epic is below itself', () => {
    expect(
      selected([issue('e', { type: 'epic', parent: 'f' }), issue('f', { type: 'epic', parent: 'e' }), inEpic('a')])
        .tasks,
    ).toEqual({ a: [] });
  });

  it('join a living run with what depends on it, once', () => {
    const issues = [epic, inEpic('a', { status: 'in_progress', assignee: actor }), inEpic('b', { links: blocks('a') })];
    expect(selected(issues, EPIC, ['a'])).toEqual({ tasks: { b: ['a'] }, left: {} });
    expect(selected(issues, EPIC, ['a', 'b'])).toEqual({ tasks: {}, left: {} });
  });

  it('are in an order that no dependency contradicts', () => {
    const graph = fc.uniqueArray(fc.tuple(fc.nat(9), fc.nat(9)), { selector: ([a, b]) => `${a}-${b}` });
    fc.assert(
      fc.property(graph, fc.array(fc.nat(9)), fc.array(fc.nat(9)), (edges, closed, claimed) => {
        const issues = Array.from({ length: 10 }, (_, at) =>
          inEpic(`t${at}`, {
            links: blocks(
              ...edges.flatMap(([a, b]) => (Math.max(a, b) === at && a !== b ? [`t${Math.min(a, b)}`] : [])),
            ),
            status: closed.includes(at) ? 'closed' : 'open',
            assignee: claimed.includes(at) ? 'ann' : null,
          }),
        );
        const { tasks, left } = selected([epic, ...issues]);
        const open = issues.filter(({ status }) => status === 'open').map(({ id }) => id);
        expect([...Object.keys(tasks), ...Object.keys(left)].sort()).toEqual(open.sort());
        for (const { id, links } of issues) {
          const waits = links.map(({ on }) => on).filter((on) => open.includes(on));
          if (tasks[id] !== undefined) expect([...tasks[id]]).toEqual([...new Set(waits)].sort());
          if (tasks[id] !== undefined) expect(waits.every((on) => on in tasks)).toBe(true);
        }
      }),
    );
  });
});

describe('everything that is ready', () => {
  it('is what bd says, and what we have begun; the rest is known to join later or not to', () => {
    const issues = [
      issue('a'),
      issue('b', { links: blocks('a') }),
      issue('c', { links: blocks('b') }),
      issue('d', { links: blocks('x') }),
      issue('x', { assignee: 'ann' }),
      issue('f', { status: 'in_progress', assignee: actor }),
      issue('g'),
      epic,
    ];
    expect(selected(issues, { kind: 'ready', ids: new Set(['a', 'e']) })).toEqual({
      tasks: { a: [], f: [] },
      left: {
        b: { kind: 'waits', on: ['a'], ours: true },
        c: { kind: 'waits', on: ['b'], ours: true },
        d: { kind: 'waits', on: ['x'], ours: false },
        x: { kind: 'claimed', by: 'ann' },
        g: { kind: 'not_ready' },
      },
    });
  });
});

describe('one issue', () => {
  it('is taken from another only by force', () => {
    const issues = [issue('a', { assignee: 'ann', status: 'in_progress' })];
    expect(selected(issues, { kind: 'issue', id: 'a', force: false }).left).toEqual({
      a: { kind: 'claimed', by: 'ann' },
    });
    expect(selected(issues, { kind: 'issue', id: 'a', force: true }).tasks).toEqual({ a: [] });
  });
});

describe('epics', () => {
  it('are closed when everything in them is, the inner ones first, and no others', () => {
    const tree = issueTree([
      epic,
      inEpic('one', { type: 'epic' }),
      issue('a', { parent: 'one' }),
      issue('b', { parent: 'one', status: 'closed' }),
      inEpic('empty', { type: 'epic', status: 'closed' }),
      issue('theirs', { type: 'epic' }),
      issue('x', { parent: 'theirs', status: 'closed' }),
    ]);
    expect(epicsToClose(tree, ['e'], new Set())).toEqual([]);
    expect(epicsToClose(tree, ['e'], new Set(['a']))).toEqual(['one', 'e']);
    expect(epicsToClose(tree, ['one'], new Set(['a']))).toEqual(['one']);
  });
});

describe('tasks made of issues', () => {
  it('say all that Beads knows, nothing hidden, and the rules of the work', () => {
    const given = inEpic('demo-9ae.1', {
      title: 'Sch\u200bema\nof it',
      description: 'Make \u001b[2Jthe schema',
      design: 'One table',
      acceptance: 'npm test passes',
      notes: 'Not now',
    });
    const whole = {
      ...given,
      comments: [
        { author: 'ann', at: '2026-11-28T03:50:37Z', text: 'Mind the gap' },
        { author: 'o8', at: '', text: 'o8: failed\n\n<!-- o8:beads r 1 2 -->' },
      ],
    };
    const selection = selectIssues([epic, given], EPIC, { actor });
    const [task] = issueTasks(selection, [whole], 'npm test');
    expect(task).toMatchObject({ id: 'demo-9ae.1', stem: 'demo-9ae.1', deps: [], promptKind: 'text' });
    expect(task?.prompt).toMatch(
      /^# demo-9ae\.1: Sch\\u200bema of it\n\n## Description\n\nMake \\u001b\[2Jthe schema\n\n## Design/,
    );
    const sections = [...(task?.prompt ?? '').matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(sections).toEqual([
      'Description',
      'Design',
      'Acceptance criteria',
      'Notes',
      'Comments',
      'How to work',
      'When you are done',
    ]);
    expect(task?.prompt).toContain('### ann, 2026-11-28T03:50:37Z\n\nMind the gap');
    expect(task?.prompt).toContain('test-first');
    expect(task?.prompt).toContain('`npm test` has to pass');
    expect(task?.prompt).not.toContain('o8:beads');
    const [bare] = issueTasks(selectIssues([epic, inEpic('a')], EPIC, { actor }), [], null);
    expect(bare?.prompt).toMatch(/^# a: Title of a\n\n## How to work/);
  });

  it('warn when there are more than Beads is made for', () => {
    const many = (count: number) =>
      selectIssues([epic, ...Array.from({ length: count }, (_, at) => inEpic(`t${at}`))], EPIC, { actor });
    expect(selectionWarnings(many(200))).toEqual([]);
    expect(selectionWarnings(many(201))).toMatchObject([
      { message: '201 tasks in one run; Beads is made for up to 200' },
    ]);
  });
});
