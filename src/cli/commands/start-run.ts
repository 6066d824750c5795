import { spell } from '../../core/text/spelling.js';
import { o8, givenFlags, withFlags } from '../../core/base/text.js';
import { O8Error } from '../../core/base/errors.js';
import type { TrustAnswer } from '../../core/trust/trust.js';
import { refuseHeld } from '../../tools/context/lock-error.js';
import { againCommand } from '../../tools/context/again-command.js';
import { planWord } from '../../tools/context/nearest-plans.js';
import { previewStart } from '../../tools/terminal/start-preview.js';
import { readSettledLock } from '../../tools/context/settled-lock.js';
import type { ToolAnswer } from '../../tools/catalogue.js';
import { spawn } from '../../tools/spawn-tool.js';
import { openContext } from '../../tools/context/repository-context.js';
import { acceptDigest } from '../../tools/terminal/give-consent.js';
import { callTool } from '../context/call-tool.js';
import { onlyGiven, type Given } from '../context/given.js';
import { confirm } from '../context/confirm.js';
import { printFeatureSummary } from '../print/feature-summary.js';
import { interruptedBy } from '../context/interrupt.js';
import { follow, type Style } from '../follow/follow.js';
import { dryRun } from './dry-run.js';
import { askedBy, planInput, spawnInput, wordsOf, type RunFlags } from '../context/options.js';
import { printPlan } from '../print/print-plan.js';
import { printTrust } from '../print/print-trust.js';
import { printFailedChecks, printWarnings } from '../print/print-results.js';
import type { Cli } from '../context/cli-context.js';
import { safeLines } from '../context/terminal.js';
import type { SourceFacts } from '../../core/plan/source.js';
import { keyOf, sourceFacts, type NamedSource } from '../../core/plan/sources.js';

export interface StartFlags extends RunFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly progress?: boolean;
}

/** A run from start to end: shows the plan, asks, starts the run and follows it. */
export async function startRun(cli: Cli, named: NamedSource, flags: StartFlags): Promise<void> {
  const { terminal, context } = cli;
  const quiet = flags.json === true || flags.progress === true;
  const say = quiet ? terminal.warn : terminal.print;
  const plan = await planOf(cli, named, flags);
  if (flags.dryRun === true) return dryRun(cli, plan, named, flags);
  await refuseWhileLocked(cli, named, flags);
  const goesOn = flags.retryFailed === true || flags.resume === true;
  const start = startOf(named);
  const summary = plan === null || goesOn ? null : start.shown;
  if (plan !== null && summary === 'plan' && !quiet) printPlan(plan, terminal);
  if (plan !== null && !(await isReady(cli, named, flags))) return;
  const said: string[] = [];
  if (summary === 'summary' && !quiet && flags.yes !== true) {
    said.push(...printWarnings(await callTool('preflight', selectionOf(named, flags), context), terminal));
    if (plan !== null) printFeatureSummary(plan, context.cwd, terminal.print);
  }
  // The user accepted a continued run when it started; later changes of the repository are not part of it.
  const trust = plan === null || goesOn ? null : plan.trust;
  if (trust?.needed === true && summary !== 'plan')
    printTrust(trust, { print: quiet ? terminal.warn : terminal.print, colors: terminal.colors });
  if (flags.yes !== true) said.push(...(await sayChanged(cli, named, flags)));
  if (!(await mayStart(cli, named, flags, trust))) return;
  // During this call the run begins to outlive this process: Ctrl+C is held until `follow` can stop the run.
  const interrupt = interruptedBy('SIGINT');
  const spawned = await callTool('spawn', spawnInput(named, flags), context);
  for (const warning of (spawned.warnings ?? []).filter((each) => !said.includes(each)))
    terminal.warn(`${terminal.colors.yellow('Warning:')} ${safeLines(warning)}`);
  if (start.said !== null) {
    const first = flags.yes === true && (spawned.warnings ?? []).length === 0; // nothing was printed before it
    say(`${first ? '' : '\n'}${start.said}`);
  }
  if (spawned.text !== undefined) say(`\n${safeLines(spawned.text)}`);
  say(`\n${spawned.message}`);
  if (spawned.runId === undefined) {
    interrupt.forget();
    return;
  }
  const style: Style =
    flags.json === true ? 'json' : flags.progress === true ? 'progress' : flags.verbose === true ? 'verbose' : 'lines';
  cli.exit.code = await follow(cli, spawned.runId, style, spawned.continued === true ? 'now' : 'start', interrupt);
}

/**
 * Null if no plan is named, and if a run of a queue continues with nothing in the queue that a new one could start with:
 * its tasks are closed, or wait for their merge.
 */
async function planOf({ context }: Cli, named: NamedSource, flags: StartFlags): Promise<ToolAnswer<'plan'> | null> {
  const key = keyOf(named);
  if (key === null) return null;
  try {
    return await callTool('plan', planInput(named, flags), context);
  } catch (error) {
    const isEmptyQueue = error instanceof O8Error && error.code === 'invalid_plan' && sourceFacts(key.kind).grows;
    if (!isEmptyQueue || flags.dryRun === true) throw error;
    const { continues } = await previewStart(spawn.input.parse(onlyGiven(spawnInput(named, flags))), context);
    if (continues === null) throw error;
    return null;
  }
}

function namesAny(named: NamedSource): boolean {
  return keyOf(named) !== null;
}

/** What is shown before a run of this kind of plan starts; the plan when none is named. */
function startOf(named: NamedSource): SourceFacts['start'] {
  const key = keyOf(named);
  return key === null ? { shown: 'plan', said: null } : sourceFacts(key.kind).start;
}

function selectionOf(named: NamedSource, flags: StartFlags): Given<'preflight'> {
  return { ...named, wave: flags.wave, skip: flags.skip };
}

/** Commands that changed since the continued run started are shown before the question. */
async function sayChanged({ terminal, context }: Cli, named: NamedSource, flags: StartFlags): Promise<string[]> {
  if (!terminal.interactive) return [];
  const { changed } = await previewStart(spawn.input.parse(onlyGiven(spawnInput(named, flags))), context);
  if (changed === null) return [];
  const said = spell(changed, context.reader);
  terminal.warn(`${terminal.colors.yellow('Warning:')} ${safeLines(said)}`);
  return [said];
}

/** Refuses a locked repository before any question is asked. */
async function refuseWhileLocked({ context }: Cli, named: NamedSource, flags: StartFlags): Promise<void> {
  if (flags.force === true || flags.resume === true) return;
  const { home } = await openContext(context);
  refuseHeld(await readSettledLock(home), againCommand(askedBy(named, flags)));
}

/** Prints failed checks before the question, not after it. False: the start would be refused. */
async function isReady({ terminal, context, exit }: Cli, named: NamedSource, flags: StartFlags): Promise<boolean> {
  const goesOn = flags.retryFailed === true || flags.resume === true || flags.wave !== undefined;
  if (goesOn || flags.force === true || flags.skipPreflight === true || flags.yes === true) return true;
  const { state } = await callTool('status', {}, context);
  if (state === 'interrupted') return true; // spawn gives a better message for these
  const result = await callTool('preflight', selectionOf(named, flags), context);
  if (result.ok) return true;
  terminal.print('');
  printFailedChecks(result, terminal);
  exit.code = 4;
  return false;
}

async function mayStart(cli: Cli, named: NamedSource, flags: StartFlags, trust: TrustAnswer | null): Promise<boolean> {
  const { terminal } = cli;
  if (flags.yes === true) return true;
  if (!namesAny(named) && flags.resume !== true && flags.retryFailed !== true) {
    const { root } = await openContext(cli.context);
    throw new O8Error('usage', 'o8 run needs a plan folder or feature slugs.', o8('run', [await planWord(root)]));
  }
  if (!terminal.interactive) {
    const { force, verbose, progress, json } = flags;
    const also = givenFlags({ force, verbose, progress, json, yes: true });
    throw new O8Error(
      'usage',
      'There is no terminal to ask for confirmation on.',
      withFlags(againCommand(askedBy(named, flags)), also),
    );
  }
  if (!(await confirm(trust?.needed === true ? TRUST_QUESTION : question(named, flags)))) {
    terminal.print('\nAborted.');
    return false;
  }
  if (trust?.needed === true) await acceptDigest(trust.digest ?? '', cli.context);
  if (flags.force !== true) return true;
  terminal.print(`\n${await overridden(cli)}`);
  if (await confirm('\nContinue?')) return true;
  terminal.print('\nAborted.');
  return false;
}

/** What `--force` overrides; names the active run that will be aborted. */
async function overridden({ terminal, context }: Cli): Promise<string> {
  const { supervisor, runId } = await callTool('status', {}, context);
  const moved = 'Old worktrees and branches in the way are moved aside, not deleted.';
  if (supervisor?.alive !== true) return moved;
  return [
    `${terminal.colors.yellow('Warning:')} Overriding existing lock (PID: ${String(supervisor.pid)})`,
    'This may cause conflicts if another execution is still running.',
    `Run ${runId ?? ''} is aborted first; its agents are stopped and its worktrees kept. ${moved}`,
  ].join('\n');
}

const TRUST_QUESTION = '\nAccept the files shown above for all runs in this repository, and continue?';

/** The user has already seen the plan of a retry or a resume: naming the run is enough. */
function question(named: NamedSource, flags: StartFlags): string {
  const run = flags.run === undefined ? 'the last run' : `run ${flags.run}`;
  const what = namesAny(named) ? wordsOf(named).join(' ') : run;
  if (flags.retryFailed === true) {
    return `Retry ${flags.task === undefined ? 'the failed tasks' : `task ${flags.task}`} of ${what}. Continue?`;
  }
  if (flags.resume === true) return `Resume ${what}. Continue?`;
  return '\nContinue?';
}
