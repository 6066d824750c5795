/**
 * Builds `dist/`: one self-contained minified ESM file for each program, and the licences of what they contain.
 *
 *   node scripts/build.mjs          write what changed
 *   node scripts/build.mjs --check  write nothing; exit 1 when dist/ is not what the sources build
 */
import { chmod, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const distFolder = join(root, 'dist');

/** Each program and the bundle people, hosts and the programs themselves start. */
const PROGRAMS = [
  { source: 'src/cli/o8.ts', bundle: 'o8.js', executable: true },
  { source: 'src/cli/cli.ts', bundle: 'cli.js', executable: false },
  { source: 'src/cli/cli-status.ts', bundle: 'cli-status.js', executable: false },
  { source: 'src/cli/cli-plan.ts', bundle: 'cli-plan.js', executable: false },
  { source: 'src/mcp/mcp.ts', bundle: 'mcp.js', executable: false },
  { source: 'src/mcp/server.ts', bundle: 'mcp-server.js', executable: false },
  { source: 'src/supervisor/supervisor.ts', bundle: 'supervisor.js', executable: false },
  { source: 'src/process/attempts/shim.ts', bundle: 'shim.js', executable: false },
  { source: 'src/process/attempts/guard.ts', bundle: 'guard.js', executable: false },
  { source: 'src/recovery/stand-ins/stand-in.ts', bundle: 'stand-in.js', executable: false },
];

/** Programs that other programs load while they run, so that their code is in no other bundle. */
const LOADED_LATER = new Map([['src/mcp/server.ts', 'mcp-server.js']]);

/** The file whose place the finished list of tools takes. */
const DEFINITIONS = 'src/mcp/built-definitions.ts';

const LICENCES = 'THIRD-PARTY-LICENSES.txt';

// What bundled CommonJS packages expect to find, and an ES module does not have unless it makes it.
const COMMONJS = [
  `import{createRequire as __o8_createRequire}from'node:module';`,
  `import{fileURLToPath as __o8_toPath}from'node:url';`,
  `import{dirname as __o8_dirname}from'node:path';`,
  `const require=__o8_createRequire(import.meta.url),__filename=__o8_toPath(import.meta.url),__dirname=__o8_dirname(__filename);`,
].join('');

/**
 * zod brings its messages in 50 languages, a third of each bundle; o8 speaks English.
 * @type {import('esbuild').Plugin}
 */
const englishOnly = {
  name: 'english-only',
  setup: (build) => {
    build.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/**
 * A dynamic import of a program stays an import, of that program's bundle.
 * @type {import('esbuild').Plugin}
 */
const loadedLater = {
  name: 'loaded-later',
  setup: (build) => {
    build.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return null;
      const source = relative(root, join(resolveDir, path.replace(/\.js$/, '.ts')));
      const bundle = LOADED_LATER.get(source.split(sep).join('/'));
      return bundle === undefined ? null : { path: `./${bundle}`, external: true };
    });
  },
};

/**
 * The list of tools as data: computing it from their schemas loads every tool.
 * @param {string} json
 * @returns {import('esbuild').Plugin}
 */
function listedTools(json) {
  const path = join(root, DEFINITIONS);
  return {
    name: 'listed-tools',
    setup: (build) => {
      build.onLoad({ filter: /[/\\]built-definitions\.ts$/ }, (file) =>
        file.path === path ? { contents: `export const definitions = ${json};` } : null,
      );
    },
  };
}

/** The list of tools, computed by their own code. */
async function computeDefinitions() {
  const result = await build({ ...common([]), entryPoints: [DEFINITIONS], outfile: 'dist/program.js' });
  const folder = await mkdtemp(join(tmpdir(), 'o8-build-'));
  try {
    const file = join(folder, 'definitions.mjs');
    await writeFile(file, textOf(result));
    const { definitions } = /** @type {{definitions: unknown}} */ (await import(pathToFileURL(file).href));
    return JSON.stringify(definitions);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {import('esbuild').Plugin[]} plugins
 * @returns {import('esbuild').BuildOptions & {write: false, metafile: true}}
 */
function common(plugins) {
  return {
    absWorkingDir: root,
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    legalComments: 'none', // collected in THIRD-PARTY-LICENSES.txt
    format: 'esm',
    platform: 'node',
    target: 'node20',
    loader: { '.md': 'text' },
    plugins: [englishOnly, ...plugins],
    logLevel: 'warning',
  };
}

/**
 * @typedef {object} Built
 * @property {string} path file name in dist/
 * @property {string} text
 * @property {boolean} executable
 */

/**
 * Bundles every program in memory.
 * @returns {Promise<Built[]>}
 */
async function bundle() {
  const plugins = [loadedLater, listedTools(await computeDefinitions())];
  /** @type {Built[]} */
  const files = [];
  /** @type {Set<string>} */
  const packages = new Set();
  for (const program of PROGRAMS) {
    const result = await build({
      ...common(plugins),
      entryPoints: [program.source],
      outfile: `dist/${program.bundle}`,
    });
    files.push({ path: program.bundle, text: textOf(result), executable: program.executable });
    for (const folder of packagesOf(result)) packages.add(folder);
  }
  files.push({ path: LICENCES, text: await licences([...packages].sort()), executable: false });
  return files;
}

/** @param {import('esbuild').BuildResult<{write: false, metafile: true}>} result */
function textOf({ outputFiles, metafile }) {
  const code = outputFiles[0]?.text ?? '';
  return Object.values(metafile.inputs).some((input) => input.format === 'cjs') ? withCommonJs(code) : code;
}

/** @param {import('esbuild').BuildResult<{write: false, metafile: true}>} result */
function packagesOf({ metafile }) {
  return Object.keys(metafile.inputs).flatMap((path) => packageFolder(path) ?? []);
}

/** @param {string} code */
function withCommonJs(code) {
  const [first = ''] = code.split('\n', 1);
  return first.startsWith('#!') ? `${first}\n${COMMONJS}${code.slice(first.length + 1)}` : COMMONJS + code;
}

/**
 * The package a bundled file belongs to, innermost first: `node_modules/a/node_modules/@b/c/x.js` is `@b/c`.
 * @param {string} path relative to the project, as the bundler writes it
 */
function packageFolder(path) {
  const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path);
  return found === null ? null : found[0];
}

/** @param {string[]} folders relative to the project */
async function licences(folders) {
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const folder of folders) {
    const manifest = /** @type {{name: string, version: string, license: string}} */ (
      JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'))
    );
    const names = (await readdir(join(root, folder)))
      .filter((name) => /^(licen[cs]e|copying|notice)/i.test(name))
      .sort();
    const parts = await Promise.all(names.map((name) => readFile(join(root, folder, name), 'utf8')));
    const text = parts.map((part) => part.replaceAll('\r\n', '\n').trim()).join('\n\n');
    texts.set(`${manifest.name} ${manifest.version} (${manifest.license})`, text || 'No licence file in the package.');
  }
  const line = '-'.repeat(80);
  const entries = [...texts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, text]) => `${line}\n${title}\n${line}\n\n${text}\n`);
  return `The programs in this folder contain the following packages.\n\n${entries.join('\n')}`;
}

/**
 * The files of dist/ that are not what the sources build: different, missing, left over, or not executable.
 * @param {Built[]} built
 */
async function staleFiles(built) {
  const present = existsSync(distFolder) ? await readdir(distFolder, { recursive: true }) : [];
  const expected = new Set(built.map(({ path }) => path));
  const stale = present.filter((path) => !expected.has(path.split(sep).join('/')));
  for (const file of built) {
    const path = join(distFolder, file.path);
    const same = existsSync(path) && (await readFile(path, 'utf8')) === file.text;
    const executable = same && ((await stat(path)).mode & 0o111) !== 0;
    if (!same || (file.executable && !executable)) stale.push(file.path);
  }
  return stale.sort();
}

/**
 * Writes by rename, so that a program that starts meanwhile reads the old file or the new one.
 * @param {Built[]} built
 * @param {string[]} stale
 */
async function write(built, stale) {
  await mkdir(distFolder, { recursive: true });
  for (const path of stale) {
    const file = built.find((candidate) => candidate.path === path);
    const target = join(distFolder, path);
    if (file === undefined) {
      await rm(target, { recursive: true, force: true });
      continue;
    }
    const temporary = `${target}.${process.pid}.tmp`;
    await writeFile(temporary, file.text);
    await chmod(temporary, file.executable ? 0o755 : 0o644);
    await rename(temporary, target);
  }
}

/** @returns {Promise<{stale: string[], write: () => Promise<void>}>} what a build would change, and doing it */
export async function prepareBuild() {
  const built = await bundle();
  const stale = await staleFiles(built);
  return { stale, write: () => write(built, stale) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { stale, write } = await prepareBuild();
  const names = stale.map((path) => relative(root, join(distFolder, path))).join(', ');
  if (!process.argv.includes('--check')) {
    await write();
    console.log(stale.length === 0 ? 'dist/ is up to date' : `built ${names}`);
  } else if (stale.length > 0) {
    console.error(`dist/ is not what the sources build: ${names}\nRun: npm run build`);
    process.exitCode = 1;
  }
}
