import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { O8Error } from '../core/base/errors.js';
import { armFailpoint } from '../process/base/arm-failpoint.js';
import { errorText } from './run/error-text.js';
import { ownRun } from './loop/own-run.js';
import { answerTakeOver } from './old-runs/answer-take-over.js';
import { forgeAt } from './pulls/forge-at.js';
import { thisMachine } from '../process/attempts/this-machine.js';

/**
 * `node dist/supervisor.js --root <dir> --run <id> --start <name> [--new] [--force] [--replace <generation>]`: the
 * detached process that owns one run. With `--take-over` it takes over the runs of an earlier version instead and
 * exits.
 */
armFailpoint();
const { values } = parseArgs({
  options: {
    root: { type: 'string' },
    run: { type: 'string' },
    start: { type: 'string' },
    new: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    replace: { type: 'string' },
    'take-over': { type: 'boolean', default: false },
  },
});
if (values['take-over'] && values.root !== undefined) process.exit(await answerTakeOver(values.root));
if (values.root === undefined || values.run === undefined || values.start === undefined) {
  process.stderr.write('usage: supervisor --root <repository> --run <run id> --start <name>\n');
  process.exit(2);
}
const options = {
  root: values.root,
  runId: values.run,
  start: values.start,
  isNew: values.new,
  force: values.force,
  replace: values.replace === undefined ? null : Number(values.replace),
};
try {
  await ownRun(options, { place: thisMachine(), forgeAt }, process.env, (line) => {
    process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  });
  process.exit(0);
} catch (error) {
  const known = error instanceof O8Error;
  appendFileSync(
    1,
    `${new Date().toISOString()} ended: ${errorText(error)}${known || !(error instanceof Error) ? '' : `\n${error.stack ?? ''}`}\n`,
  );
  process.exit(1);
}
