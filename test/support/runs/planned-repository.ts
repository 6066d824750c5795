import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ToolContext } from '../../../src/tools/context/define-tool.js';
import { taskFile, writeFiles } from './plan-folder.js';

export const PLAN_DIR = 'parallel/TS-0042-inventory-system';

/** A repository on branch main with the example plan of five tasks in two waves committed, and a `claude` on PATH. */
export interface PlannedRepository {
  readonly root: string;
  /** Beside the repository: where the worktrees would go. */
  readonly workspaces: string;
  readonly context: ToolContext;
  readonly git: (...args: string[]) => string;
  readonly write: (files: Parameters<typeof writeFiles>[1]) => Promise<void>;
}

export interface PlanFiles {
  readonly manifest?: object;
  readonly files?: Readonly<Record<string, string | object>>;
}

export async function plannedRepository({ manifest = {}, files = {} }: PlanFiles = {}): Promise<PlannedRepository> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-plan-')));
  onTestFinished(async () => rm(folder, { recursive: true, force: true }));
  const root = join(folder, 'shop');
  const bin = join(folder, 'bin');
  await mkdir(root);
  await mkdir(bin);
  await writeFile(join(bin, 'claude'), '#!/bin/sh\necho "9.9.9 (Claude Code)"\n');
  await chmod(join(bin, 'claude'), 0o755);
  const git = (...args: string[]): string => runGit(root, args);
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'Ada');
  git('config', 'user.email', 'ada@example.org');
  await writeFiles(root, { 'README.md': '# Shop\n', ...planFiles(manifest), ...files });
  git('add', '-A');
  git('commit', '--quiet', '-m', 'Plan');
  return {
    root,
    workspaces: join(folder, 'workspaces'),
    context: {
      cwd: root,
      env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
      now: () => new Date('2026-11-21T08:05:12.000Z'),
      reader: 'terminal',
    },
    git,
    write: (more) => writeFiles(root, more),
  };
}

function planFiles(manifest: object): Record<string, string | object> {
  const stems = ['task-001-users', 'task-002-products', 'task-003-shared', 'task-004-orders', 'task-005-api'];
  const tasks = stems.map((stem, index): [string, string] => {
    const scope = `## Scope\n\nCREATE: src/${stem}.ts\n`;
    return [
      `${PLAN_DIR}/tasks/${stem}.md`,
      taskFile({ id: stem.slice(0, 8), wave: index < 3 ? 1 : 2, deps: '[]' }, `Build ${stem}.\n\n${scope}`),
    ];
  });
  return {
    [`${PLAN_DIR}/manifest.json`]: {
      tech_spec: { id: 'TS-0042', title: 'Inventory' },
      tasks: { total: 5, waves: 2, files: stems.map((stem) => `tasks/${stem}.md`) },
      ...manifest,
    },
    ...Object.fromEntries(tasks),
  };
}

function runGit(cwd: string, args: readonly string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
