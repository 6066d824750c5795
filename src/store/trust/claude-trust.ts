import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { readRegularFile } from '../files/atomic-file.js';
import { homeOf } from './trusted-file.js';

/** Claude Code's file grows with every project; a larger file is not its own. */
const MOST_BYTES = 64 * 1024 * 1024;

const recordSchema = z.looseObject({
  projects: z.record(z.string(), z.looseObject({ hasTrustDialogAccepted: z.boolean().optional() })).optional(),
});

/** Whether Claude Code has recorded that its user trusts exactly this folder (absolute). Unreadable counts as no. */
export async function isTrustedByClaude(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<boolean> {
  const configured = env['CLAUDE_CONFIG_DIR'];
  const place = configured !== undefined && isAbsolute(configured) ? configured : homeOf(env);
  try {
    const text = await readRegularFile(join(place, '.claude.json'), MOST_BYTES);
    const record = text === null ? null : recordSchema.safeParse(JSON.parse(text));
    return record?.data?.projects?.[folder]?.hasTrustDialogAccepted === true;
  } catch {
    return false;
  }
}
