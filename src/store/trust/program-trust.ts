import type { ProjectFiles } from '../../core/agents/base/agent.js';
import { readRegularFile } from '../files/atomic-file.js';
import { homeOf } from './trusted-file.js';

/** Such files grow with every project; one larger than this is not the program's own. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Whether an agent's program has recorded that its user trusts exactly this folder (absolute). False if the record
 * cannot be read.
 */
export async function trustsFolder(
  { file, trusts }: ProjectFiles['trustRecord'],
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<boolean> {
  try {
    const text = await readRegularFile(file(env, homeOf(env)), MOST_BYTES);
    return text !== null && trusts(text, folder);
  } catch {
    return false;
  }
}
