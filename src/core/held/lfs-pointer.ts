/** What a file that Git LFS keeps elsewhere consists of in the repository. `oid`: SHA-256 of the content, `size` in bytes. */
export interface LfsPointer {
  readonly oid: string;
  readonly size: number;
}

export const MOST_POINTER_BYTES = 1024; // Git LFS itself takes nothing longer for a pointer

/** Every name Git LFS has had for its format; it reads all of them. */
const VERSION =
  /^\s*version (?:https:\/\/(?:git-lfs|hawser)\.github\.com\/spec\/v\d+|http:\/\/git-media\.io\/v\/2)\r?\n/;

/** Null for a file that is no pointer. Lines may end as on Windows, which Git LFS reads too. */
export function lfsPointer(text: string): LfsPointer | null {
  if (!VERSION.test(text)) return null;
  const oid = /^oid sha256:([0-9a-f]{64})\r?$/m.exec(text)?.[1];
  const size = /^size (\d+)\r?$/m.exec(text)?.[1];
  return oid === undefined || size === undefined ? null : { oid, size: Number(size) };
}
