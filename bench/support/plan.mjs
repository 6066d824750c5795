import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { O8, scriptOf } from './project.mjs';
import { createRepository, environment, writeSettings } from './repository.mjs';

export const PLAN = 'parallel/bench';

/** @param {number} count */
export function taskIds(count) {
  return Array.from({ length: count }, (_, at) => `task-${String(at + 1).padStart(3, '0')}`);
}

/**
 * A repository with a plan of independent tasks and o8's settings for it, ready to run.
 * @param {string} folder  new; also the home of everything that runs there
 * @param {{tasks: number, files: number, agent: readonly string[], slots: number, more?: object, deps?: (id: string) => readonly string[]}} plan
 */
export async function plannedRepository(folder, { tasks, files, agent, slots, more = {}, deps = () => [] }) {
  const root = join(folder, 'repository');
  const ids = taskIds(tasks);
  const texts = ids.map((id) => {
    const needs = deps(id);
    const head = `---\nid: ${id}\nwave: ${needs.length > 0 ? 2 : 1}\ndeps: [${needs.join(', ')}]\n---\n`;
    return [`${PLAN}/tasks/${id}.md`, `${head}\nWrite work/${id}.txt.\n\n## Scope\n\nCREATE: work/${id}.txt\n`];
  });
  const waves = ids.some((id) => deps(id).length > 0) ? 2 : 1;
  const manifest = { tasks: { total: tasks, waves, files: ids.map((id) => `tasks/${id}.md`) } };
  await mkdir(folder, { recursive: true });
  await createRepository(root, {
    files,
    more: { ...Object.fromEntries(texts), [`${PLAN}/manifest.json`]: JSON.stringify(manifest) },
  });
  await writeSettings(root, {
    agent: { command: [...agent] },
    maxConcurrency: slots,
    minDiskSpaceMB: 1,
    retries: 0,
    ...more,
  });
  return { root, ids, where: { cwd: root, env: environment(folder) } };
}

/** @param {number} seconds */
export function sleepingAgent(seconds) {
  return ['/bin/sh', scriptOf('agent.sh'), String(seconds), '{task}'];
}

/** @param {string[]} args */
export function o8(...args) {
  return [process.execPath, O8, ...args];
}

/**
 * One shell command of several commands, each only if the one before succeeded.
 * @param {readonly (readonly string[])[]} commands
 */
export function oneAfterTheOther(commands) {
  const quoted = (/** @type {string} */ word) => `'${word.replaceAll("'", `'\\''`)}'`;
  return ['/bin/sh', '-c', commands.map((command) => command.map(quoted).join(' ')).join(' && ')];
}
