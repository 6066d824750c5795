import ts from 'typescript';
import type { SourceFile } from './import-floors.js';

/** Functions that move, delete or end something, by module. Tools must request this from the supervisor. */
export const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  'node:fs': ['rmSync', 'rmdirSync', 'unlinkSync', 'renameSync', 'cpSync', 'truncateSync'],
  'node:fs/promises': ['rm', 'rmdir', 'unlink', 'rename', 'cp', 'truncate'],
  'src/git/door/trash': ['moveToTrash'],
  'src/git/kept/mend-pointer': ['mendPointer'],
  'src/git/kept/move-aside': ['moveAside'],
  'src/git/kept/remove-kept': ['removeWithWorktrees', 'rescueStake'],
  'src/git/refs/refs': ['createRef', 'pinRef', 'deleteRef', 'advanceRef'],
  'src/git/worktrees/worktrees': ['addWorktree', 'addScratchWorktree', 'removeWorktree'],
  'src/process/attempts/attempt': ['startAttempt', 'stopAttempt', 'voidAttempt'],
  'src/process/trees/end-kept': ['endKept'],
  'src/process/trees/process-tree': ['killTree', 'stopTree'],
  'src/store/lock/lock': ['acquireLock'],
  'src/store/logs/log-links': ['linkLog'],
  'src/store/old-runs/old-home': ['moveOldRuns', 'removeOldHome', 'swapOldHome', 'linkOldHome', 'releaseOldLock'],
  'src/store/runs/runs': ['removeRun', 'removeOldRuns', 'rewritePlan'],
  'src/store/runs/setup-processes': ['forgetSetupProcesses'],
  'src/store/runs/start-answers': ['removeOldStarts'],
};

/** Ends a process; signal 0 only asks whether it is there. */
const KILLS = /\.kill\((?![^()]*,\s*0\))|[Pp]robe\.stop\(/;

/** Every import of such a thing, and every kill, as `file: what`. */
export function toolEffects(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => [
    ...importsOf(path, text).flatMap(({ module, names }) => {
      const forbidden = EFFECTS[module] ?? [];
      return names.filter((name) => name === '*' || forbidden.includes(name)).map((name) => `${path}: ${name}`);
    }),
    ...(KILLS.test(text) ? [`${path}: ends a process`] : []),
  ]);
}

/** Of modules with effects only; `*` for a whole one. */
function importsOf(path: string, text: string): { readonly module: string; readonly names: readonly string[] }[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) return [];
    const module = moduleOf(path, statement.moduleSpecifier.text);
    if (!(module in EFFECTS)) return [];
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) return [{ module, names: ['*'] }];
    return [{ module, names: bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text) }];
  });
}

function moduleOf(path: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return new URL(specifier, `file:///${path}`).pathname.slice(1).replace(/\.js$/, '');
}
