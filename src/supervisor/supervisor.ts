import { appendFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { O8Error } from '../core/base/errors.js';
import { armFailpoint } from '../process/base/arm-failpoint.js';
import { errorText } from './run/error-text.js';
import { ownRun } from './loop/own-run.js';

/** `node dist/supervisor.js --root <dir> --run <id> [--force]`: the detached process that owns one run. */
armFailpoint();
const { values } = parseArgs({
  options: { root: { type: 'string' }, run: { type: 'string' }, force: { type: 'boolean', default: false } },
});
if (values.root === undefined || values.run === undefined) {
  process.stderr.write('usage: supervisor --root <repository> --run <run id>\n');
  process.exit(2);
}
const options = { root: values.root, runId: values.run, force: values.force };
try {
  await ownRun(options, process.env, (line) => {
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
