import { NOTHING_TOLD, toldSchema, type Told } from '../../core/beads/told.js';
import { readJson, writeFileAtomically } from '../files/atomic-file.js';

/** What Beads was told of a run; `NOTHING_TOLD` where nothing was. */
export async function readTold(path: string): Promise<Told> {
  return (await readJson(path, toldSchema)) ?? NOTHING_TOLD;
}

export async function writeTold(path: string, told: Told): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(told)}\n`, 'cached');
}
