/** What a model reads that uses o8 over MCP: the definitions once, and the answers and calls of a run that it follows. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { McpServer, tokensOf } from '../support/mcp.mjs';
import { PLAN, plannedRepository } from '../support/plan.mjs';
import { scriptOf } from '../support/project.mjs';
import { StandingRun } from '../support/standing-run.mjs';

/**
 * @param {import('../bench.mjs').Bench} bench
 * @returns {Promise<import('../support/rows.mjs').Row[]>}
 */
export async function measure({ folder, tiny }) {
  const tasks = tiny ? 2 : 20;
  const told = join(folder, 'run', 'told');
  await mkdir(told, { recursive: true });
  const agent = ['/bin/sh', scriptOf('waiting-agent.sh'), told, '{task}'];
  const run = new StandingRun(
    await plannedRepository(join(folder, 'run'), { tasks, slots: 5, files: 10, agent }),
    told,
  );
  const server = new McpServer(run.where);
  try {
    await server.open();
    const definitions = JSON.stringify(await server.ask('tools/list', {})).length / 4;
    let tokens = 0;
    const call = async (/** @type {string} */ name, /** @type {object} */ input) => {
      const result = await server.call(name, input);
      tokens += JSON.stringify(input).length / 4 + tokensOf(result);
      return result.structuredContent;
    };
    // As /parallel-run does it. Each task ends by itself, so that each end is an answer.
    await call('plan', { dir: PLAN });
    await call('preflight', { dir: PLAN });
    const { runId, cursor } = await call('spawn', { dir: PLAN });
    let last = { state: 'running', cursor };
    const look = async () => {
      last = await call('status', { runId, since: last.cursor, waitSeconds: 30 });
    };
    for (const id of run.ids) {
      await run.end(id);
      await look();
    }
    while (last.state === 'running') await look();
    if (last.state !== 'completed') throw new Error(`the run has ${last.state}`);
    const row = /** @type {const} */ ({ against: '-', unit: 'tokens', others: null });
    return [
      {
        ...row,
        id: 'tokens-definitions',
        what: 'definitions of the tools, with output schemas',
        limit: 2500,
        values: [definitions],
      },
      {
        ...row,
        id: 'tokens-run',
        what: `plan, preflight, spawn and status of ${tasks} tasks that end one by one`,
        limit: 5000,
        values: [tokens],
      },
    ];
  } finally {
    await server.close();
    await run.close();
  }
}
