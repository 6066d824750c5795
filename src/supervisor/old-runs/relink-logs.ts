import { readlink } from 'node:fs/promises';
import { O8Error } from '../../core/base/errors.js';
import { logLinkPath } from '../../core/plan/log-link.js';
import { linkLog } from '../../store/logs/log-links.js';
import { attemptPaths, type RunHome } from '../../store/files/paths.js';
import { readPlan } from '../../store/runs/runs.js';

/** Updates the links to logs of these runs to the new location. Other files with the same names stay. */
export async function relinkLogs(home: RunHome, runIds: readonly string[]): Promise<void> {
  for (const runId of runIds) {
    try {
      const plan = await readPlan(home, runId);
      for (const task of plan.tasks) {
        const link = logLinkPath(plan, task);
        const attempt = link === null ? null : await attemptBehind(link, runId, task.id);
        if (link !== null && attempt !== null)
          await linkLog(plan.root, link, attemptPaths(home, runId, task.id, attempt).log);
      }
    } catch (error) {
      if (!(error instanceof O8Error)) throw error; // a damaged run keeps its old links; `o8 doctor` names it
    }
  }
}

async function attemptBehind(link: string, runId: string, task: string): Promise<number | null> {
  try {
    const end = /\/([^/]+)\/tasks\/([^/]+)\/([1-9][0-9]{0,8})\/pipeline\.log$/.exec(await readlink(link));
    return end?.[1] === runId && end[2] === task ? Number(end[3]) : null;
  } catch {
    return null; // no link of that name
  }
}
