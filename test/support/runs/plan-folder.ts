import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is a repository as far as sources care, removed with the test. Real path. */
export async function temporaryFolder(): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'o8-sources-')));
  onTestFinished(async () => rm(root, { recursive: true, force: true }));
  return root;
}

/** Writes files given as paths relative to `root` with their text; objects become JSON. */
export async function writeFiles(
  root: string,
  files: Readonly<Record<string, string | Buffer | object>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    const isText = typeof content === 'string' || Buffer.isBuffer(content);
    await writeFile(join(root, path), isText ? content : `${JSON.stringify(content, null, 2)}\n`);
  }
}

/** The text of a task file: frontmatter lines, then the body. */
export function taskFile(frontmatter: Readonly<Record<string, string | number>>, body = 'Do it.'): string {
  const lines = Object.entries(frontmatter).map(([key, value]) => `${key}: ${value}`);
  return `---\n${lines.join('\n')}\n---\n\n${body}\n`;
}
