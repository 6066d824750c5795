import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** What bundled CommonJS packages expect to find, and an ES module does not have. */
const COMMONJS = `import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);`;

/** Bundles a program of this folder for node to run; returns the path of the bundle in `folder`. */
export async function bundleProgram(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(name, '.ts')}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, '../faults', name)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: COMMONJS },
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
