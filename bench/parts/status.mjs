/** `status` over MCP while 64 of 100 agents run: processor time of the server, git processes, and tokens. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { McpServer, tokensOf } from '../support/mcp.mjs';
import { StandingRun } from '../support/standing-run.mjs';

/** As many as may run at once. */
const SLOTS = 64;
const TASKS = 100;
/** Calls whose processor time is measured together, since one of them is short. */
const CALLS = 20;

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, rounds, tiny }) {
  const [tasks, slots] = tiny ? [4, 3] : [TASKS, SLOTS];
  // What does not run waits for the first task, so that the end of another one changes nothing else.
  const run = await StandingRun.open(join(folder, 'run'), {
    tasks,
    slots,
    files: 10,
    deps: (id) => (Number(id.slice(-3)) > slots ? ['task-001'] : []),
  });
  const asked = join(folder, 'git-asked');
  const server = new McpServer({
    ...run.where,
    env: { ...run.where.env, PATH: await countingGit(folder, asked, run.where.env['PATH'] ?? '') },
  });
  try {
    await server.open();
    const whole = await server.call('status', {});
    const since = whole.structuredContent.cursor;
    await writeFile(asked, '');
    /** @type {Record<string, number[]>} */
    const cpu = { full: [], none: [], one: [] };
    const several = async (/** @type {string} */ name, /** @type {object} */ input) => {
      let answer;
      for (let round = 0; round < rounds; round += 1) {
        const before = server.cpuMs();
        for (let call = 0; call < CALLS; call += 1) answer = await server.call('status', input);
        cpu[name]?.push((server.cpuMs() - before) / CALLS);
      }
      return answer;
    };
    await several('full', {});
    const none = await several('none', { since });
    await run.end('task-002');
    await run.recorded('task_merged');
    const one = await several('one', { since });
    const gits = (await readFile(asked, 'utf8')).split('\n').length - 1;
    const ms = /** @type {const} */ ({ against: '-', unit: 'ms', limit: 5, others: null });
    const tokens = /** @type {const} */ ({ against: '-', unit: 'tokens', limit: 60, others: null });
    const what = (/** @type {string} */ answer) => `status over MCP, ${tasks} tasks, ${answer}`;
    return [
      ...[
        ['full', 'full'],
        ['none', 'no news'],
        ['one', 'one change'],
      ].map(([name = '', answer = '']) => ({
        ...ms,
        id: `status-${name}-cpu`,
        what: `${what(answer)}: cpu`,
        values: (cpu[name] ?? []).filter((value) => !Number.isNaN(value)),
      })),
      {
        ...tokens,
        unit: 'count',
        limit: 0,
        id: 'status-git',
        what: `${what('all calls')}: git processes`,
        values: [gits],
      },
      { ...tokens, id: 'status-none-tokens', what: `${what('no news')}: tokens`, values: [tokensOf(none)] },
      { ...tokens, id: 'status-one-tokens', what: `${what('one change')}: tokens`, values: [tokensOf(one)] },
    ];
  } finally {
    await server.close();
    await run.close();
  }
}

/**
 * A `PATH` whose `git` writes a line into `asked` and is git.
 * @param {string} folder
 * @param {string} asked
 * @param {string} path
 */
async function countingGit(folder, asked, path) {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'git'), `#!/bin/sh\necho "$*" >> '${asked}'\nPATH='${path}' exec git "$@"\n`);
  await chmod(join(bin, 'git'), 0o755);
  return `${bin}:${path}`;
}
