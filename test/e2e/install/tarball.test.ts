import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { NPM_OFFLINE, packProject, type NpmPackage } from '../../support/programs/npm-package.js';

const project = resolve(import.meta.dirname, '../../..');
const { version } = z
  .looseObject({ version: z.string() })
  .parse(JSON.parse(await readFile(join(project, 'package.json'), 'utf8')));
/**
 * Most of it is the bundles, of which the hot commands have one each that needs no other: a package that grew by a tenth
 * has something in it that should not be there.
 */
const MOST_BYTES = 2_000_000;

let folder: string;
let packed: NpmPackage;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-tarball-')));
  packed = await packProject(folder);
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

describe('the npm package', () => {
  it('has the programs, what Claude Code reads, the documents, and nothing else', async () => {
    const wanted = ['dist', 'commands', 'agents', '.claude-plugin', 'docs', 'examples'];
    const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'LICENSE', 'package.json'];
    const listing = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...wanted, ...documents];
    const { stdout } = await promisify(execFile)('git', listing, { cwd: project });
    const known = stdout.trim().split('\n');
    expect(packed.files.map(({ path }) => path).sort()).toEqual(
      known.filter((path) => existsSync(join(project, path))).sort(),
    );
    expect(packed.files.filter(({ mode }) => (mode & 0o111) !== 0).map(({ path }) => path)).toEqual(['dist/o8.js']);
    expect(packed.size).toBeLessThan(MOST_BYTES);
  });

  it('has every file that its documents link to', async () => {
    const paths = packed.files.map(({ path }) => path);
    const links: string[] = [];
    for (const document of paths.filter((path) => path.endsWith('.md'))) {
      const text = await readFile(join(project, document), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)/g)) {
        if (!/^[a-z]+:/.test(target)) links.push(normalize(join(dirname(document), target)));
      }
    }
    expect(links).toContain('docs/manifest.md');
    expect(links.filter((link) => !paths.some((path) => path === link || path.startsWith(`${link}/`)))).toEqual([]);
  });

  it.each([
    ['npx <tarball>', (tarball: string) => [`file:${tarball}`]],
    ['npx --package <tarball> o8', (tarball: string) => ['--package', tarball, 'o8']],
  ])('runs with %s, an empty home and no network, and brings no other package', async (name, command) => {
    const home = join(folder, name.replaceAll(/\W/g, '-'));
    await mkdir(home);
    const env = { PATH: process.env['PATH'] ?? '', HOME: home, ...NPM_OFFLINE };
    const npx = ['--yes', ...command(packed.tarball), '--version'];
    const { stdout } = await promisify(execFile)('npx', npx, { cwd: home, env });
    expect(stdout).toBe(`${version}\n`);
    const [cached = ''] = await readdir(join(home, '.npm/_npx'));
    const installed = await readdir(join(home, '.npm/_npx', cached, 'node_modules'));
    expect(installed.filter((entry) => !entry.startsWith('.'))).toEqual(['o8']);
  });
});
