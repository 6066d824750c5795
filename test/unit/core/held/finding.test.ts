import { spelled } from '../../../../src/core/text/spelling.js';
import { o8 } from '../../../../src/core/base/text.js';
import { describe, expect, it } from 'vitest';
import { acceptedText, heldOf, heldView, undecided, type Finding } from '../../../../src/core/held/finding.js';
import { heldLines } from '../../../../src/core/held/held-text.js';
import { blockers, finalState } from '../../../../src/core/run/decide.js';
import { finalReport, summaryLine } from '../../../../src/core/report/final-report.js';
import { historyOf } from '../../../../src/core/report/history.js';
import { notificationsBetween } from '../../../../src/core/report/notification.js';
import { progressBetween, progressLine, isOver } from '../../../../src/core/report/progress.js';
import { heldOfTask } from '../../../../src/core/run/task-state.js';
import { waitingWork } from '../../../../src/core/merge/waiting-work.js';
import { planOf } from '../../../support/runs/plan-fixture.js';
import { RunHistory } from '../../../support/runs/run-history.js';
import { viewsOf, wavesOf } from '../../../support/runs/task-views.js';

const finding = (path: string): Finding => ({
  key: `link ${path}`,
  what: `${path} is a symbolic link to /x`,
  path,
  commands: ['git commit', `git rm ${path}`],
});
const many = (count: number) => Array.from({ length: count }, (_, at) => finding(`link-${String(at)}`));

describe('an acceptance', () => {
  const findings = [finding('a'), finding('b')];

  it('applies to one tip and to what was shown for it', () => {
    expect(undecided(findings, 'tip', null)).toEqual(findings);
    expect(undecided(findings, 'tip', { tip: 'tip', keys: ['link a', 'link b', 'link c'] })).toEqual([]);
    expect(undecided(findings, 'tip', { tip: 'tip', keys: ['link a'] })).toEqual([finding('b')]);
    expect(undecided(findings, 'new', { tip: 'tip', keys: ['link a', 'link b'] })).toEqual(findings);
  });

  it('of more findings than can be listed applies to all at that tip', () => {
    const held = heldOf('tip', many(201));
    expect(held.findings).toHaveLength(10);
    expect(undecided(many(300), 'tip', held)).toEqual([]);
    expect(undecided(many(300), 'other', held)).toHaveLength(300);
  });

  it('is listed in the commit message, with escaped names', () => {
    const text = acceptedText([finding('a\u001b[2J\nO8-Task: x'), ...many(11)]);
    expect(text).toContain(
      'Merged with --accept-held:\n- a\\u{1b}[2J\\u{a}O8-Task: x is a symbolic link to /x\n- link-0',
    );
    expect(text).toContain('- and 2 more');
  });
});

describe('a held task', () => {
  const run = () =>
    new RunHistory(planOf([{ id: 'a' }, { id: 'b', deps: ['a'] }, { id: 'c' }]))
      .lead('c', 'complete')
      .lead('a', 'merge_pending')
      .record({ type: 'merge_held', task: 'a', reason: 'r', hint: 'h', held: heldOf('tip-a', [finding('x')]) });

  it('waits for a person, blocks what needs it, and makes a failed run', () => {
    const held = run();
    expect(blockers(held.plan, held.state, held.plan.tasks[1] ?? (held.plan.tasks[0] as never))).toEqual(['a']);
    expect(finalState(held.plan, held.state)).toBe('failed');
    expect(waitingWork('r1', 'a', held.task('a').state)).toEqual({
      why: 'held: x is a symbolic link to /x',
      command: o8('merge', { run: 'r1', task: 'a' }),
    });
  });

  it('is shown with the fact, every command once, and never the one that accepts', () => {
    const view = spelled(heldView('r1', 'a', heldOf('tip', [finding('x'), finding('y')])), 'terminal');
    expect(view).toEqual({
      what: 'x is a symbolic link to /x',
      path: 'x',
      commands: ['git commit', 'git rm x', 'git rm y', 'o8 merge --run r1 --task a'],
      more: [{ what: 'y is a symbolic link to /x', path: 'y' }],
    });
    expect(heldLines(spelled(heldView('r1', 'a', heldOf('tip', many(12))), 'terminal'), 'ACCEPT').slice(-2)).toEqual([
      'o8 merge --run r1 --task a',
      'or land it anyway: ACCEPT',
    ]);
    expect(heldView('r1', 'a', heldOf('tip', many(12))).moreCount).toBe(2);
  });

  it('is told in progress, summary, report and notification', () => {
    const held = run();
    const views = viewsOf(held);
    const events = progressBetween(new Map(), views, wavesOf(held));
    expect(events.map(progressLine)).toContain('[PROGRESS] wave=1 task=a status=held');
    expect([...views.values()].filter(isOver).map(({ id }) => id)).toEqual(['a', 'c']);
    expect(summaryLine(views.values())).toMatch(/^Summary: 1 completed.*, 1 held$/);
    const report = finalReport({
      runId: 'r1',
      runFlag: {},
      state: 'failed',
      tasks: views,
      waves: wavesOf(held),
      of: 'tasks',
      base: 'main',
      target: 'o8/r1',
      landed: false,
      takenBack: [],
      failedValidations: [],
      commands: { run: o8('run', ['p']), integrate: null, cleanup: o8('cleanup') },
      reader: 'terminal',
      show: (path) => path,
    });
    expect(report).toContain('  - a: held: x is a symbolic link to /x\n      git commit\n      git rm x\n');
    expect(report).toContain('or land it anyway: o8 merge --run r1 --task a --accept-held');
    expect(report).toContain('Next step: decide on the held tasks');
    const before = new RunHistory(held.plan).state;
    expect(notificationsBetween(before, held.state).map(({ event, message }) => `${event} ${message}`)).toContain(
      'task_held a: held: x is a symbolic link to /x',
    );
  });

  it('is back in the queue with what was accepted, which a new attempt has lost', () => {
    const again = run().record(
      { type: 'held_accepted', task: 'a', tip: 'tip-a', keys: ['link x'] },
      { type: 'task_done', task: 'a', tip: 'tip-a', commits: 1, notes: [] },
    );
    expect(heldOfTask(again.task('a').state)).toBeNull();
    expect(again.task('a').accepted).toEqual({ tip: 'tip-a', keys: ['link x'] });
    again.record(
      { type: 'task_aborted', task: 'a' },
      { type: 'task_requeued', task: 'a', why: 'retry', next: { kind: 'fresh' } },
    );
    expect(again.task('a').accepted).toBeNull();
  });

  it('of an old journal, which has only reason and hint, needs no decision', () => {
    const old = new RunHistory(planOf([{ id: 'a' }])).lead('a', 'merge_pending');
    old.record({ type: 'merge_held', task: 'a', reason: '1 file in the way', hint: 'o8 merge' });
    expect(heldOfTask(old.task('a').state)).toBeNull();
    expect(historyOf(old.plan, old.state)).toEqual([]);
  });
});
