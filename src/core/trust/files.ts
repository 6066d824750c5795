import { createHash } from 'node:crypto';

/**
 * A file in a commit or checkout, with links inside the repository followed. `path` is where it was looked up; for a
 * binary or large file, `text` is its size and id.
 */
export type RepositoryFile =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  /** A symbolic link that leads out of the repository, or is broken. */
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** A nested repository, at this commit. */
  | { readonly kind: 'submodule'; readonly path: string; readonly id: string };

/** The requested files of a commit: exact paths, and everything below folders. */
export interface WantedFiles {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** With more words in its commands than this, any file of the repository may be one of them. */
export const MOST_WORDS = 20_000;

/** A setting in the repository that runs or redirects programs. `text` is its exact content. */
export interface TrustItem {
  /** Relative to the repository. */
  readonly from: string;
  readonly text: string;
  /** Of path and content. */
  readonly digest: string;
  /** The agent kind whose own trust record covers these settings, null for o8's settings. */
  readonly kind: string | null;
}

export function itemOf(kind: string | null, file: RepositoryFile): TrustItem {
  switch (file.kind) {
    case 'file':
      return { kind, from: file.path, text: file.text, digest: digestOf([file.path, 'file', unix(file.text)]) };
    case 'link':
      return {
        kind,
        from: file.path,
        text: `symbolic link to ${file.target}`,
        digest: digestOf([file.path, 'link', file.target]),
      };
    case 'submodule':
      return {
        kind,
        from: file.path,
        text: `submodule at commit ${file.id}`,
        digest: digestOf([file.path, 'submodule', file.id]),
      };
  }
}

/** git may convert line ends during checkout. */
function unix(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** Of several texts, such that no two lists have the same digest. */
export function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
