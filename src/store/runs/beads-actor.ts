import { join } from 'node:path';
import { hostname, userInfo } from 'node:os';
import { actorOf, isActor } from '../../core/beads/actor.js';
import { readRegularFile, writeFileAtomically } from '../files/atomic-file.js';
import type { RunHome } from '../files/paths.js';

const MOST_BYTES = 1024;

/** Who o8 is in Beads for this clone: kept, because the name of a host changes with the network it is in. */
export async function readActor(home: RunHome): Promise<string> {
  const kept = ((await readRegularFile(fileOf(home), MOST_BYTES)) ?? '').trim();
  return isActor(kept) ? kept : actorOf({ user: userName(), host: hostname() });
}

export async function keepActor(home: RunHome, actor: string): Promise<void> {
  if (((await readRegularFile(fileOf(home), MOST_BYTES)) ?? '').trim() === actor) return;
  await writeFileAtomically(fileOf(home), `${actor}\n`, 'cached');
}

function fileOf({ folder }: RunHome): string {
  return join(folder, 'beads-actor');
}

/** A user id without an entry has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? '';
  }
}
