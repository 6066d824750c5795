/** Names of folders that contain only generated files, wherever they are. */
const OF_TOOLS = new Set([
  ...['node_modules', 'bower_components', 'jspm_packages', '.npm', '.pnpm-store', '.yarn'],
  ...['.next', '.nuxt', '.output', '.svelte-kit', '.angular', '.vite', '.turbo', '.nx', '.parcel-cache', '.docusaurus'],
  ...['__pycache__', '.venv', '.tox', '.nox', '.eggs', '.mypy_cache', '.pytest_cache', '.ruff_cache', '.hypothesis'],
  ...['.cache', '.ccache', '.sass-cache', '.nyc_output', '.gradle', '.kotlin', '.dart_tool', '.stack-work'],
  ...[
    'dist-newstyle',
    'elm-stuff',
    'DerivedData',
    '.build',
    '.swiftpm',
    'Pods',
    '.bundle',
    '.terraform',
    '.serverless',
  ],
  ...['.zig-cache', 'zig-cache', 'zig-out', 'CMakeFiles', '_deps', '.bazel', '.pants.d', '.metals', '.bloop'],
]);

/**
 * Names that are also ordinary words: they count only for a folder that git ignores itself and that has no tracked
 * file.
 */
const ORDINARY = new Set([
  ...['build', 'dist', 'out', 'output', 'target', 'bin', 'obj', 'coverage', 'htmlcov', 'venv', '_build'],
  ...['Debug', 'Release', 'debug', 'release'],
]);
const ORDINARY_PATTERN = /^(?:cmake-build-.+|bazel-.+|.+\.egg-info)$/;

/** A file that marks its folder as reproducible. */
const TAGS = new Set(['CACHEDIR.TAG', 'pyvenv.cfg']);

/** Files that tools write beside the sources. */
const TOOL_FILE =
  /(?:\.(?:pyc|pyo|o|obj|a|so|dylib|dll|lib|class|tsbuildinfo|gcda|gcno|swp|swo)|^\.DS_Store|^Thumbs\.db|^\.eslintcache|^\.stylelintcache)$/;

/** Whether a folder of this name contains generated files, also inside another ignored folder. */
export function isToolFolder(name: string): boolean {
  return OF_TOOLS.has(name);
}

/** The same for a path that git itself lists as ignored; `hasTracked` tells whether a folder has tracked files. */
export function isBuildOutput(path: string, hasTracked: (folder: string) => boolean): boolean {
  const names = path.replace(/\/$/, '').split('/');
  const folders = path.endsWith('/') ? names : names.slice(0, -1);
  return folders.some((name, at) => {
    if (isToolFolder(name)) return true;
    const isOrdinary = ORDINARY.has(name) || ORDINARY_PATTERN.test(name);
    return isOrdinary && !hasTracked(folders.slice(0, at + 1).join('/'));
  });
}

/** Whether these entries mark their folder as reproducible. */
export function isTaggedFolder(entries: readonly string[]): boolean {
  return entries.some((name) => TAGS.has(name));
}

/** Whether a file of this name was generated: object code, caches, files of desktop environments. */
export function isToolFile(name: string): boolean {
  return TOOL_FILE.test(name);
}
