import { git } from '../door/execute.js';
import type { Repository } from '../door/repository.js';

/** The text of small blobs by id; larger blobs are omitted. Starts git twice, however many ids there are. */
export async function readSmallBlobs(
  repo: Repository,
  ids: readonly string[],
  mostBytes: number,
): Promise<Map<string, string>> {
  const sizes = await blobSizes(repo, ids);
  const small = [...sizes].filter(([, bytes]) => bytes <= mostBytes);
  const input = small.map(([id]) => `${id}\n`).join('');
  if (input === '') return new Map();
  // latin1: one character per byte, so that the sizes match.
  const out = await git(['cat-file', '--batch'], { cwd: repo.root, input, encoding: 'latin1' });
  const texts = new Map<string, string>();
  let at = 0;
  for (const [id, bytes] of small) {
    const start = out.indexOf('\n', at) + 1;
    texts.set(id, Buffer.from(out.slice(start, start + bytes), 'latin1').toString('utf8'));
    at = start + bytes + 1;
  }
  return texts;
}

/** Sizes of the ids that exist and are blobs. */
export async function blobSizes(repo: Repository, ids: readonly string[]): Promise<Map<string, number>> {
  const input = [...new Set(ids)].map((id) => `${id}\n`).join('');
  if (input === '') return new Map();
  const out = await git(['cat-file', '--batch-check'], { cwd: repo.root, input });
  return new Map(
    out.split('\n').flatMap((line): [string, number][] => {
      const [id = '', type, bytes] = line.split(' ');
      return type === 'blob' ? [[id, Number(bytes)]] : [];
    }),
  );
}
