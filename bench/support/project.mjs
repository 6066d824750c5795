import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const project = fileURLToPath(new URL('../../', import.meta.url));

/** The built program. */
export const O8 = join(project, 'dist', 'o8.js');
export const RESULTS = join(project, 'bench', 'results.json');
export const NEWEST = join(project, 'bench', 'results', 'newest.json');

/** @param {string} name */
export function scriptOf(name) {
  return fileURLToPath(new URL(name, import.meta.url));
}

/**
 * A module of the sources, bundled into `folder`.
 * @param {string} folder
 * @param {string} path  from the top of the project
 */
export async function loadSource(folder, path) {
  const outfile = join(folder, `${path.replaceAll('/', '-')}.mjs`);
  await build({
    entryPoints: [join(project, path)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    loader: { '.md': 'text' },
    // What bundled CommonJS packages expect to find, and an ES module does not have.
    banner: { js: `import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);` },
    outfile,
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}
