import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';

const PROJECT = resolve(import.meta.dirname, '../../..');

/** For npm and npx: with a HOME of the test's own the cache is empty, and what is not in the package cannot be fetched. */
export const NPM_OFFLINE = {
  npm_config_offline: 'true',
  npm_config_update_notifier: 'false',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
} as const;

const packedSchema = z.tuple([
  z.looseObject({
    filename: z.string(),
    size: z.number(),
    unpackedSize: z.number(),
    files: z.array(z.object({ path: z.string(), size: z.number(), mode: z.number() })),
  }),
]);

export interface NpmPackage {
  /** Absolute path of the `.tgz`. */
  readonly tarball: string;
  /** Bytes. */
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** Packs this project as `npm publish` would, into a folder of the test's own. */
export async function packProject(folder: string): Promise<NpmPackage> {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: PROJECT,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...NPM_OFFLINE },
  });
  const [{ filename, size, files }] = packedSchema.parse(JSON.parse(stdout));
  return { tarball: join(folder, filename), size, files };
}
