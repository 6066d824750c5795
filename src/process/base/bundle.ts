import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { O8Error } from '../../core/base/errors.js';

/** Path of one of o8's built programs: beside the running bundle, or in `dist/` when running from source. */
export function bundledProgram(name: `${string}.js`): string {
  const here = fileURLToPath(import.meta.url);
  const folder = here.endsWith('.ts') ? join(dirname(here), '..', '..', '..', 'dist') : dirname(here);
  const path = join(folder, name);
  if (existsSync(path)) return path;
  throw new O8Error(
    'internal',
    `o8 is incomplete: its program ${path} is missing.`,
    'Install o8 again, or in its sources run: npm run build',
  );
}
