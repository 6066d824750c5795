/** Data for resolving a path that was written on another machine to a file of the repository. */
export interface RepositoryPlace {
  /** Absolute path of the repository on this machine. */
  readonly root: string;
  /** Whether a file or folder exists: a path from the top, with `/`. */
  readonly has: (path: string) => boolean;
}

/** Common repository locations in containers: `/workspaces/<name>`, `/home/<user>/<name>`, `/usr/src/app`, `/app`. */
const CONTAINER =
  /^(?:workspaces\/[^/]+|(?:home|Users)\/[^/]+\/(?:(?:projects?|code|src|dev|work|git|repos?|Documents|Desktop)\/)*[^/]+|usr\/src\/app|usr\/src|workspace|app|code|repo|project|builds?\/[^/]+|mnt\/[a-z]\/[^/]+|root\/[^/]+)\/(?=.)/;
/** `src/app.ts:12-30`, `src/app.ts#L12`: the place in a file. */
const LINES = /(?::\d+(?:[-:]\d+)*|#L\d+(?:-L?\d+)?)$/;
/** Maximum depth, in a path of another machine, of a file at the top of the repository. */
const DEEPEST_TOP = 4;

/**
 * Converts a path to one from the top of the repository: `./src/a.ts`, `app/src/a.ts` in a repository `app`, and
 * absolute paths from a container or another machine, by the repository's name and its files. Null if it leaves the
 * repository.
 */
export function repositoryPath(written: string, place: RepositoryPlace): string | null {
  const slashed = (/^[A-Za-z]:|\w\\\w/.test(written) ? written.replaceAll('\\', '/') : written)
    .replace(/^file:\/\//, '')
    .replace(LINES, '');
  const isAbsolute = /^(?:\/|~\/|[A-Za-z]:\/)/.test(slashed);
  const path = slashed
    .replace(/^(?:~|[A-Za-z]:)(?=\/)/, '')
    .replace(/^(?:\.?\/+)+/, '')
    .replace(/[,;:/]+$/, '');
  const parts = path.split('/');
  if (path === '' || parts.some((part) => part === '..' || part === '')) return null;
  if (isAbsolute) return fromAbsolute(parts, place);
  const [first = '', ...rest] = parts;
  const isBehindName = isName(first, place) && !place.has(first) && place.has(rest[0] ?? '');
  return rest.length > 0 && isBehindName ? rest.join('/') : path;
}

function fromAbsolute(parts: readonly string[], place: RepositoryPlace): string {
  const whole = parts.join('/');
  const root = place.root.replace(/^\/+/, '');
  if (root !== '' && whole.startsWith(`${root}/`)) return whole.slice(root.length + 1);
  for (const [index] of parts.entries()) {
    const rest = parts.slice(index);
    const isBehindName = index > 0 && isName(parts[index - 1] ?? '', place);
    if (isBehindName || isKnown(rest, index, place)) return rest.join('/');
  }
  return whole.replace(CONTAINER, '');
}

/** Whether the repository contains it, its folder, or its top folder. */
function isKnown(parts: readonly string[], depth: number, { has }: RepositoryPlace): boolean {
  const [top = ''] = parts;
  if (parts.length === 1) return depth < DEEPEST_TOP && has(top);
  return has(top);
}

function isName(part: string, { root }: RepositoryPlace): boolean {
  return part.toLowerCase() === root.slice(root.lastIndexOf('/') + 1).toLowerCase() && part !== '';
}
