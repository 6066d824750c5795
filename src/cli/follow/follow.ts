import type { RunFlag } from '../../core/run/run-flag.js';
import { inTerminal, o8, withFlags, type Command } from '../../core/base/text.js';
import { lstatSync } from 'node:fs';
import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clockTime } from '../../core/text/clock-time.js';
import type { ExitCode } from '../../core/base/errors.js';
import { validationLines, type FailedValidation } from '../../core/run/failed-validations.js';
import { attentionOf } from '../../core/report/attention.js';
import { finalReport, summaryLine } from '../../core/report/final-report.js';
import { isOver, progressBetween, wavesOf, progressLine, type ProgressEvent } from '../../core/report/progress.js';
import { logLinkPath } from '../../core/plan/log-link.js';
import type { Plan } from '../../core/plan/plan.js';
import { taskLogView } from '../../core/agents/readable-log.js';
import { wholeTasks, type TaskView } from '../../core/report/status-view.js';
import { LogReader } from '../../store/logs/log-reader.js';
import { attemptPaths } from '../../store/files/paths.js';
import { openContext } from '../../tools/context/repository-context.js';
import { againCommand } from '../../tools/context/again-command.js';
import { RunFiles } from '../../tools/context/run-files.js';
import { RunNews } from '../../tools/context/run-news.js';
import { readSettledLock } from '../../tools/context/settled-lock.js';
import { waitForQueue, type QueueTold } from '../../tools/context/queue-told.js';
import { callTool } from '../context/call-tool.js';
import { interruptedBy } from '../context/interrupt.js';
import { LiveLine } from '../print/live-line.js';
import { LogStream } from '../context/log-stream.js';
import { printStopped } from '../print/print-abort.js';
import { stateWords } from '../print/print-results.js';
import type { StatusAnswer } from '../print/print-status.js';
import type { Cli } from '../context/cli-context.js';
import { safeLines } from '../context/terminal.js';
import { counted } from '../../core/text/counted.js';
import type { SourceFacts } from '../../core/plan/source.js';
import { keyCommand, keyFor, keyOf, sourceFacts } from '../../core/plan/sources.js';

/** `lines`: for people; `verbose`: also the agents' output; `progress`: for programs; `json`: only the last status. */
export type Style = 'lines' | 'verbose' | 'progress' | 'json';

/** When Ctrl+C ended a git process of ours, our own signal handler has run after this time. */
const SIGNAL_MS = 100;
const LOOK_MS = 300; // feels live and costs little CPU
const REDRAW_MS = 1000; // times are shown in seconds

/** Follows a run to its end, printing what changes; Ctrl+C stops the run, a second one only stops the waiting. */
export async function follow(
  cli: Cli,
  runId: string,
  style: Style,
  from: 'start' | 'now',
  interrupt: ReturnType<typeof interruptedBy>,
): Promise<ExitCode> {
  const live = await LiveLine.open(cli.terminal, style === 'lines' || style === 'verbose');
  const { home } = await openContext(cli.context);
  const files = new RunFiles(home);
  let { plan } = await files.load(runId);
  const logs =
    style === 'verbose'
      ? new LogStream(
          cli.terminal,
          (task, attempt) => new LogReader(attemptPaths(home, runId, task, attempt).log, taskLogView(plan, task)),
        )
      : null;
  let told: readonly number[] = [];
  let pause: string | null = null;
  const tasks = new Map<string, TaskView>();
  let first = true;
  const news = new RunNews(files, runId, { root: plan.root, figures: live.isOpen });
  let draw = (): void => undefined;
  let drawnAt = 0;
  const redraw = (): void => {
    live.clear();
    draw();
    drawnAt = performance.now();
  };
  // One reaction for the whole run: what waits for a promise is kept until it resolves, three times a second for hours.
  const stopped = new AbortController();
  const abort = (): void => {
    stopped.abort();
  };
  interrupt.received.then(abort, abort);
  const wait = async (): Promise<'stop' | 'look'> => {
    await delay(LOOK_MS, undefined, { signal: stopped.signal }).catch(() => undefined); // aborted
    return stopped.signal.aborted ? 'stop' : 'look';
  };
  try {
    for (;;) {
      if (!(await news.any())) {
        if (logs !== null) live.clear();
        await logs?.print([...tasks.values()]);
        if (logs !== null || performance.now() - drawnAt >= REDRAW_MS) redraw();
        if ((await wait()) === 'look') continue;
        live.clear();
        return await stop(cli, files, runId, style, tasks);
      }
      const status = await look(cli, files, runId, interrupt.received);
      if (status === null) return await stop(cli, files, runId, style, tasks);
      const run = await files.load(runId);
      plan = run.plan; // tasks may join it
      const seen = wholeTasks(status.tasks);
      // Tasks that ended before the run was continued are not printed again.
      if (first && from === 'now') {
        for (const task of seen) if (isOver(task)) tasks.set(task.id, task);
        await logs?.skip(seen);
      }
      first = false;
      const before = new Map(tasks);
      for (const task of seen) tasks.set(task.id, task);
      live.clear();
      for (const event of progressBetween(before, tasks, wavesOf(tasks.values())))
        if (style === 'progress' || factsOf(status)?.hasWaves !== false || event.kind !== 'wave_finished')
          tell(cli, event, style, (task) => shownLog(cli, plan, task));
      await logs?.print([...tasks.values()]);
      told = tellValidations(cli, style, told, validationsOf(status));
      pause = tellPause(cli, style, pause, status);
      if (isEnd(status)) {
        const queue =
          status.state === 'interrupted' ? ALL_TOLD : await waitForQueue(home, files, plan, interrupt.received);
        if (queue.kind !== 'goes_on') await readSettledLock(home, files); // the caller may start the next run, or read the manifest
        return finish(cli, status, { tasks, style, flag: await files.flagOf(runId), queue });
      }
      const ownerAlive = status.state !== 'interrupted';
      const needs = attentionOf(plan, run.state, files.timeline(run), { ownerAlive, root: cli.context.cwd });
      draw = () => {
        live.show(status, [...tasks.values()], needs);
      };
      redraw();
      if ((await wait()) === 'stop') {
        live.clear();
        return await stop(cli, files, runId, style, tasks);
      }
    }
  } finally {
    live.clear();
    interrupt.forget();
  }
}

/** Null when Ctrl+C was pressed meanwhile: the terminal sends it to git too, so reading the status may fail because of it. */
async function look(
  { context }: Cli,
  files: RunFiles,
  runId: string,
  interrupted: Promise<void>,
): Promise<StatusAnswer | null> {
  try {
    return await callTool('status', { runId, since: 0 }, { ...context, files });
  } catch (error) {
    if (await Promise.race([interrupted.then(() => true), delay(SIGNAL_MS, false)])) return null;
    throw error;
  }
}

function isEnd({ state }: Pick<StatusAnswer, 'state'>): boolean {
  return ['completed', 'failed', 'aborted', 'interrupted', 'none'].includes(state);
}

/** Stops the run and prints its state and how to continue. A second Ctrl+C returns at once with the last state seen. */
async function stop(
  cli: Cli,
  files: RunFiles,
  runId: string,
  style: Style,
  seen: ReadonlyMap<string, TaskView>,
): Promise<ExitCode> {
  const { terminal, context } = cli;
  const forPeople = style === 'lines' || style === 'verbose';
  const say = forPeople ? terminal.print : terminal.warn;
  say('\nReceived interrupt signal. Stopping pipelines...\n');
  const again = interruptedBy('SIGINT');
  try {
    const aborted = callTool('abort', { runId }, context).then((result) => ({ kind: 'aborted' as const, result }));
    const outcome = await Promise.race([aborted, again.received.then(() => ({ kind: 'left' as const }))]);
    if (outcome.kind === 'left') {
      say(`Not waiting. The run is still being stopped: ${cli.spelling} status --run ${runId}\n`);
      if (style !== 'json') terminal.print(summaryLine(seen.values()));
      return 130;
    }
    if (forPeople) printStopped(cli, outcome.result);
    const status = await callTool('status', { runId, since: 0 }, { ...context, files });
    const flag = await files.flagOf(runId);
    say(`\nAborted. Worktrees preserved. Run '${inTerminal(o8(cleanupName(cli), flag))}' to remove.`);
    say(`To continue: ${inTerminal(withFlags(againOf(status, context.cwd), { resume: true }))}\n`);
    if (style === 'json') terminal.print(JSON.stringify(status));
    if (style === 'progress') terminal.print('[PROGRESS] execution status=failed');
    if (style !== 'json') terminal.print(summaryLine(wholeTasks(status.tasks)));
    return 130;
  } finally {
    again.forget();
  }
}

function tell(
  { terminal, context }: Cli,
  event: ProgressEvent,
  style: Style,
  logPath: (task: TaskView) => string,
): void {
  if (style === 'json') return;
  if (style === 'progress') {
    const line = progressLine(event);
    if (line !== null) terminal.print(line);
    return;
  }
  const text = sentence(event, terminal.colors, logPath);
  if (text === null) return;
  const clock = context.now().toTimeString().slice(0, 8);
  terminal.print(`[${clock}] ${text}`);
}

/** Prints each failed validation once; returns the waves printed so far. */
function tellValidations(
  { terminal, context }: Cli,
  style: Style,
  told: readonly number[],
  failed: readonly FailedValidation[],
): readonly number[] {
  const clock = context.now().toTimeString().slice(0, 8);
  for (const each of failed.filter(({ wave }) => !told.includes(wave))) {
    if (style === 'lines' || style === 'verbose')
      terminal.print(`[${clock}] ${terminal.colors.red('✗')} ${inTerminal(validationLines(each, {})[0] ?? '')}`);
  }
  return failed.map(({ wave }) => wave);
}

/** Prints when the run pauses and when it resumes; returns the last pause printed. */
function tellPause(
  { terminal, context }: Cli,
  style: Style,
  told: string | null,
  { state, message = '', hint, pausedUntil }: StatusAnswer,
): string | null {
  const wayOn = hint ?? (pausedUntil === undefined ? '' : `until ${clockTime(new Date(pausedUntil), context.now())}`);
  const now = state === 'paused' ? `${message} (${wayOn})` : null;
  if (now === told || isEnd({ state }) || (style !== 'lines' && style !== 'verbose')) return now;
  const clock = context.now().toTimeString().slice(0, 8);
  terminal.print(`[${clock}] ${now === null ? 'Run resumed' : safeLines(`Paused: ${now}`)}`);
  return now;
}

function sentence(
  event: ProgressEvent,
  colors: Cli['terminal']['colors'],
  logPath: (task: TaskView) => string,
): string | null {
  switch (event.kind) {
    case 'wave_started':
      return null;
    case 'wave_finished':
      return `Wave ${String(event.wave)}: ${String(event.complete)}/${String(event.total)} tasks completed`;
    case 'task_started':
      return `${event.task.id}: Started (log: ${safeLines(logPath(event.task))})`;
    case 'task_retried':
      return `${event.task.id}: Retrying (attempt ${String(event.task.attempt)})`;
    case 'task_merging':
      return `${event.task.id}: Done, merging (${counted(event.task.commits, 'commit')})`;
    case 'pull_opened':
      return `${event.task.id}: Pull request #${String(event.task.pull?.number ?? '')} is open: ${safeLines(event.task.pull?.url ?? '')}`;
    case 'task_finished': {
      const good = event.task.state === 'complete';
      const skipped = event.task.state === 'skipped';
      return `${skipped ? '-' : good ? colors.green('✓') : colors.red('✗')} ${event.task.id}: ${safeLines(stateWords(event.task))}`;
    }
  }
}

/** The short path of a task's log: a link beside the plan or the worktree, created before the agent starts. */
function shownLog({ context }: Cli, plan: Plan, task: TaskView): string {
  const link = logLinkPath(plan, task);
  const isTaken = link !== null && lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === false;
  return relative(context.cwd, link === null || isTaken ? task.log : link);
}

function finish(
  { terminal, context, spelling }: Cli,
  status: StatusAnswer,
  {
    tasks,
    style,
    flag,
    queue,
  }: {
    readonly tasks: ReadonlyMap<string, TaskView>;
    readonly style: Style;
    readonly flag: RunFlag;
    readonly queue: QueueTold;
  },
): ExitCode {
  const code: ExitCode = status.state === 'completed' ? 0 : 1;
  if (style === 'json') {
    terminal.print(JSON.stringify({ ...status, tasks: [...tasks.values()] }));
    return code;
  }
  if (style === 'progress') {
    terminal.print(`[PROGRESS] execution status=${status.state === 'completed' ? 'completed' : 'failed'}`);
    terminal.print(summaryLine(tasks.values()));
    return code;
  }
  if (status.state === 'interrupted') {
    terminal.print('\nThe supervisor of this run ended; the run is interrupted.');
    terminal.print(`To continue: ${inTerminal(withFlags(againOf(status, context.cwd), { resume: true }))}\n`);
    terminal.print(summaryLine(tasks.values()));
    return 1;
  }
  const report = finalReport({
    runId: status.runId ?? '',
    runFlag: flag,
    state: status.state,
    tasks,
    waves: wavesOf(tasks.values()),
    of: factsOf(status)?.of ?? 'tasks',
    base: status.base ?? '',
    target: status.target ?? '',
    landed: status.landed !== undefined,
    takenBack: status.takenBack ?? [],
    failedValidations: validationsOf(status),
    leftOut: status.leftOut ?? [],
    commands: {
      run: againOf(status, context.cwd),
      integrate: null,
      cleanup: o8(cleanupName({ spelling })),
    },
    reader: 'terminal',
    show: (path) => relative(context.cwd, path),
  });
  terminal.print(`\n${safeLines(report)}\n`);
  const untold = untoldText(queue, inTerminal(againOf(status, context.cwd)));
  if (untold !== null) terminal.print(`${untold}\n`);
  terminal.print(summaryLine(tasks.values()));
  return code;
}

const ALL_TOLD: QueueTold = { kind: 'all' };

function untoldText(told: QueueTold, again: string): string | null {
  switch (told.kind) {
    case 'all':
      return null;
    case 'goes_on':
      return `${told.queue} has not been told everything yet; the supervisor continues with it in the background.`;
    case 'later':
      return `${told.queue} has not been told everything: it failed or did not answer. To tell it the rest: ${again} --resume`;
  }
}

function validationsOf({ waves = [] }: StatusAnswer): FailedValidation[] {
  return waves.flatMap(({ wave, message }) => (message === undefined ? [] : [{ wave, message }]));
}

/** The properties of the run's kind of plan; null when the answer names no plan. */
function factsOf(status: StatusAnswer): SourceFacts | null {
  const key = keyOf(status);
  return key === null ? null : sourceFacts(key.kind);
}

/** The command that runs the same plan again. */
function againOf(status: StatusAnswer, cwd: string): Command {
  const key = keyOf(status);
  return key === null ? againCommand({}) : keyCommand(keyFor(key, cwd));
}

function cleanupName({ spelling }: Pick<Cli, 'spelling'>): 'cleanup' | 'parallel cleanup' {
  return spelling === 'o8' ? 'cleanup' : 'parallel cleanup';
}
