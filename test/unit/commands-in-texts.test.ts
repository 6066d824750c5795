import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** Outside the CLI and MCP, commands of o8 are data, because the CLI and MCP write them differently. */
const COMMAND =
  /\bo8 (run|spawn|merge|status|abort|cleanup|integrate|parallel|plan|preflight|logs|pause|unpause|config|doctor|trust|attach|diff|history|render|setup|view|report)\b(?! of)|\/parallel-(run|merge|status|abort|cleanup|integrate|setup|decompose)\b/;

/** Documents and scripts of fixed words, each for one kind of reader. */
const FIXED: readonly string[] = [
  'src/core/base/text.ts',
  'src/core/text/spelling.ts',
  'src/core/commands/setup-documents.ts', // README of a plan folder and a section of CLAUDE.md
  'src/core/report/run-scripts.ts', // the shell scripts themselves
  'src/core/plan/task-graph-document.ts',
  'src/core/plan/rendered-prompt.ts',
  'src/mcp/instructions.ts',
  'src/mcp/prompts.ts', // names of files
  'src/git/worktrees/own-worktree.ts', // the reason of a lock, read again
];

const FOLDERS = ['core', 'git', 'process', 'store', 'sources', 'supervisor', 'tools', 'mcp'];

function stringsOf(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isDescription =
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === 'describe';
    if (isDescription) return visit(node.expression); // of a schema: for models, in every door the same
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node))
      found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe('texts outside the CLI and MCP', { timeout: 30_000 }, () => {
  it('contain no command of o8 as plain text', () => {
    const paths = FOLDERS.flatMap((folder) =>
      readdirSync(join('src', folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
        .map((name) => join('src', folder, name)),
    );
    const found = paths
      .filter((path) => !FIXED.includes(path))
      .flatMap((path) => stringsOf(path).flatMap((text) => (COMMAND.test(text) ? [`${path}: ${text}`] : [])));
    expect(paths.length).toBeGreaterThan(200);
    expect(found).toEqual([]);
  });

  it('quote values in commands with shellQuote, because a path may contain a quote', () => {
    const command = /\b(?:cat|chmod|cp|git|head|kill|ls|mkdir|mv|rm|rmdir|sed|tail)\b[^`"]*'\$\{/;
    expect(command.test("`mv '${path}' '${path}.damaged'`")).toBe(true);
    const paths = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join('src', name));
    const found = paths.flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .flatMap((line) => (command.test(line) ? [`${path}: ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });
});
