import { createHash } from 'node:crypto';

/**
 * A file of the repository, as a commit or a checkout has it, links inside the repository followed. `path` is where it is
 * looked for; of a file that is not text, or large, `text` is size and id.
 */
export type RepositoryFile =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  /** A symbolic link that leads out of the repository, or nowhere. */
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** A repository of its own, at this commit. */
  | { readonly kind: 'submodule'; readonly path: string; readonly id: string };

/** Which files of a commit are wanted: exact paths, and everything below folders. */
export interface WantedFiles {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** Words of commands: so many that any file of the repository may be among them. */
export const MOST_WORDS = 20_000;

/** Something of the repository's that runs or redirects. `text` is what it says, word for word. */
export interface TrustItem {
  /** Where it is, relative to the repository. */
  readonly from: string;
  readonly text: string;
  /** Of path and content. */
  readonly digest: string;
  /** Whose settings these are: an agent kind whose own record of trust counts for them, null for o8's. */
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

/** git may convert line ends on their way into a checkout. */
function unix(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/** Of several texts such that no two lists have the same. */
export function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
