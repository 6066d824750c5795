/** The content of a Git LFS pointer file. `oid`: SHA-256 of the content, `size` in bytes. */
export interface LfsPointer {
  readonly oid: string;
  readonly size: number;
}

export const MOST_POINTER_BYTES = 1024; // Git LFS does not accept longer pointers

/** All names of the Git LFS format; Git LFS reads each of them. */
const VERSION =
  /^\s*version (?:https:\/\/(?:git-lfs|hawser)\.github\.com\/spec\/v\d+|http:\/\/git-media\.io\/v\/2)\r?\n/;

/** Null if the file is not a pointer. CRLF line ends are allowed, as in Git LFS. */
export function lfsPointer(text: string): LfsPointer | null {
  if (!VERSION.test(text)) return null;
  const oid = /^oid sha256:([0-9a-f]{64})\r?$/m.exec(text)?.[1];
  const size = /^size (\d+)\r?$/m.exec(text)?.[1];
  return oid === undefined || size === undefined ? null : { oid, size: Number(size) };
}
