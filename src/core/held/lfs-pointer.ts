/** What a file that Git LFS keeps elsewhere consists of in the repository. `oid`: SHA-256 of the content, `size` in bytes. */
export interface LfsPointer {
  readonly oid: string;
  readonly size: number;
}

export const MOST_POINTER_BYTES = 1024; // Git LFS itself takes nothing longer for a pointer

/** Null for a file that is no pointer. */
export function lfsPointer(text: string): LfsPointer | null {
  if (!/^version https:\/\/(?:git-lfs\.github\.com\/spec|hawser\.github\.com\/spec)\/v\d+\n/.test(text)) return null;
  const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
  const size = /^size (\d+)$/m.exec(text)?.[1];
  return oid === undefined || size === undefined ? null : { oid, size: Number(size) };
}
