import ts from 'typescript';
import type { SourceFile } from '../sources/import-floors.js';

/** A call in the sources and the named function it is in, `<main>` outside of any. */
interface Site {
  readonly path: string;
  readonly within: string;
  readonly node: ts.CallExpression;
  readonly scope: ts.Node;
}

/** What outlives the process: calls of these change files. `mkdir` is left out: a folder too many harms nobody. */
const FILE_EFFECTS = new Set([
  ...['rename', 'renameSync', 'link', 'linkSync', 'symlink', 'copyFile', 'rm', 'rmSync', 'rmdir'],
  ...['writeFile', 'writeFileSync', 'writeSync', 'write', 'appendFile', 'appendFileSync', 'truncate', 'ftruncateSync'],
]);

/** What starts or stops processes. */
const PROCESS_EFFECTS = new Set(['spawn', 'startDetached', 'execa', 'stopTree', 'killTree']);

/** Functions that perform an effect for their caller: their calls are checked instead. */
const EFFECTS_OF_THE_CALLER: Readonly<Record<string, string>> = {
  'src/store/files/atomic-file.ts#publishOnce': 'publishOnce',
  'src/process/attempts/attempt-files.ts#replaceFile': 'replaceFile',
  'src/process/attempts/shim.ts#persist': 'persist',
  'src/process/programs/detach.ts#startDetached': 'startDetached',
  'src/process/trees/process-tree.ts#stopTree': 'stopTree',
  'src/process/trees/process-tree.ts#killTree': 'killTree',
  'src/git/door/execute.ts#git': 'git',
  'src/git/door/execute.ts#gitThatSurvives': 'gitThatSurvives',
};

/** Temporary files, which are renamed or removed later. */
const OWN_TEMPORARY = /^(temporary|unfinished|draft)$/;
/** Of these the second argument is what changes. */
const TWO_PATHS = new Set(['rename', 'renameSync', 'link', 'linkSync', 'symlink', 'copyFile']);

/** Subcommands of git that change nothing but the object store and an index of their own. */
const READS = new Set([
  ...['rev-parse', 'rev-list', 'merge-base', 'merge-tree', 'show-ref', 'for-each-ref', 'symbolic-ref', 'ls-files'],
  ...[
    'ls-tree',
    'diff',
    'diff-tree',
    'diff-index',
    'cat-file',
    'hash-object',
    'mktree',
    'commit-tree',
    'log',
    'status',
  ],
  ...['version', 'ls-remote', 'check-ignore', 'check-attr', 'grep', 'config', 'interpret-trailers'],
]);
const GIT_CALLS = new Set(['git', 'tryGit', 'gitThatSurvives']);

/** Every name that the sources pass to `failpoint`, with the file; a name that is no literal is an empty one. */
export function failpointCalls(files: readonly SourceFile[]): { readonly path: string; readonly name: string }[] {
  return callsIn(files)
    .filter(({ node }) => nameOf(node) === 'failpoint')
    .map(({ path, node }) => {
      const [name] = node.arguments;
      return { path, name: name !== undefined && ts.isStringLiteralLike(name) ? name.text : '' };
    });
}

/** Effects that have no failpoint both before and after them in the function they are in, as `file#function call`. */
export function effectsWithoutFailpoints(files: readonly SourceFile[]): string[] {
  const calls = callsIn(files);
  const points = calls.filter(({ node }) => nameOf(node) === 'failpoint');
  const found = calls.filter((site) => isEffect(site) && !isPassedOn(site)).filter((site) => !isBetween(site, points));
  return [...new Set(found.map(describeSite))].sort((a, b) => (a < b ? -1 : 1));
}

function describeSite({ path, within, node }: Site): string {
  const what = GIT_CALLS.has(nameOf(node)) ? `git ${subcommandOf(node) ?? '?'}` : node.expression.getText();
  return `${path}#${within} ${what}`;
}

function isPassedOn({ path, within }: Site): boolean {
  return `${path}#${within}` in EFFECTS_OF_THE_CALLER;
}

function isBetween({ node, scope }: Site, points: readonly Site[]): boolean {
  const near = points.filter((point) => point.scope === scope);
  return near.some((point) => point.node.end <= node.pos) && near.some((point) => point.node.pos >= node.pos);
}

function isEffect({ path, node }: Site): boolean {
  const name = nameOf(node);
  if (/^src\/(core|cli|mcp|recovery)\//.test(path)) return false; // pure, print, or only in throwaway repositories
  if (GIT_CALLS.has(name)) return path.startsWith('src/git/') && !READS.has(subcommandOf(node) ?? '');
  if (isProcessOutput(node) || isOnOwnTemporary(node)) return false;
  if (PROCESS_EFFECTS.has(name)) return path.startsWith('src/process/') || name === 'startDetached';
  const ofTheCaller = Object.values(EFFECTS_OF_THE_CALLER).includes(name);
  return FILE_EFFECTS.has(name) || ofTheCaller;
}

function isProcessOutput(node: ts.CallExpression): boolean {
  return /^process\.(stdout|stderr)\.write$/.test(node.expression.getText());
}

function isOnOwnTemporary(node: ts.CallExpression): boolean {
  const changed = node.arguments[TWO_PATHS.has(nameOf(node)) ? 1 : 0];
  return changed !== undefined && OWN_TEMPORARY.test(changed.getText());
}

/** The first word of the arguments that is no option; null where it cannot be seen from the call and its function. */
function subcommandOf(node: ts.CallExpression): string | null {
  const words = wordsOf(node.arguments[0]);
  return words.find((word, index) => word?.startsWith('-') !== true && words[index - 1] !== '-c') ?? null;
}

/** As far as they are in the source: the beginning of a word that is put together, null for one that is not there. */
function wordsOf(args: ts.Expression | null | undefined): (string | null)[] {
  if (args !== null && args !== undefined && ts.isIdentifier(args)) return wordsOf(arrayNamed(args));
  if (args === null || args === undefined || !ts.isArrayLiteralExpression(args)) return [null];
  return args.elements.flatMap((element) => {
    if (ts.isSpreadElement(element)) return wordsOf(element.expression);
    if (ts.isTemplateExpression(element)) return [element.head.text];
    return [ts.isStringLiteralLike(element) ? element.text : null];
  });
}

/** The nearest array that the function gives this name, above the use. */
function arrayNamed(use: ts.Identifier): ts.Expression | null {
  let found: ts.Expression | null = null;
  const look = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === use.text && node.pos < use.pos) {
      found = node.initializer ?? null;
    }
    ts.forEachChild(node, look);
  };
  look(scopeOf(use).scope);
  return found;
}

/** Parsing all sources takes a second, and there are several questions to them. */
const parsed = new WeakMap<readonly SourceFile[], Site[]>();

function callsIn(files: readonly SourceFile[]): Site[] {
  const known = parsed.get(files) ?? parseCalls(files);
  parsed.set(files, known);
  return known;
}

function parseCalls(files: readonly SourceFile[]): Site[] {
  return files.flatMap(({ path, text }) => {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const sites: Site[] = [];
    const look = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) sites.push({ path, node, ...scopeOf(node) });
      ts.forEachChild(node, look);
    };
    look(source);
    return sites;
  });
}

function nameOf(node: ts.CallExpression): string {
  const { expression } = node;
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : '';
}

/** The function with a name around a node; callbacks belong to the function they are written in. */
function scopeOf(node: ts.Node): { readonly within: string; readonly scope: ts.Node } {
  for (let scope: ts.Node = node.parent; ; scope = scope.parent) {
    if (ts.isFunctionDeclaration(scope) || ts.isMethodDeclaration(scope)) {
      return { within: scope.name?.getText() ?? '<default>', scope };
    }
    if (ts.isSourceFile(scope)) return { within: '<main>', scope };
  }
}
