import { git } from '../door/execute.js';

/** One path that differs between two trees. A mode of zeros means that the side has no such file. */
export interface Difference {
  readonly path: string;
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldId: string;
  readonly newId: string;
}

/** Every path that differs between two commits, with modes and ids; a rename is a deletion and an addition. */
export async function readDifferences(checkout: string, from: string, to: string): Promise<Difference[]> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', '--ignore-submodules=none', from, to];
  const fields = (await git(args, { cwd: checkout })).split('\0');
  const differences: Difference[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    // :<old mode> <new mode> <old id> <new id> <status>, then the path
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = (fields[at] ?? '').slice(1).split(' ');
    differences.push({ path: fields[at + 1] ?? '', oldMode, newMode, oldId, newId });
  }
  return differences;
}
