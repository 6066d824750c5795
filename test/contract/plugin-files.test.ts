import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';

// The files that Claude Code reads when the repository is installed as a plugin.

const root = resolve(import.meta.dirname, '../..');
/** Commands of o8 that are not tools, because a person or a plugin command runs them. */
const SUBCOMMANDS = ['setup', 'render', 'integrate'];
const TOOLS = ['preflight', 'plan', 'spawn', 'status', 'abort', 'merge', 'cleanup'];

/** Files that each command may write without a permission prompt. */
const WRITES = ['Edit(.worktreeinclude)', 'Edit(parallel/**)', 'Edit(**/integration-report.md)'];

const frontmatterSchema = z.strictObject({
  name: z.string(),
  description: z.string().max(120),
  'argument-hint': z.string(),
  'allowed-tools': z.string(),
});
const pluginSchema = z.looseObject({
  version: z.string(),
  mcpServers: z.strictObject({
    o8: z.strictObject({ command: z.literal('node'), args: z.tuple([z.string(), z.literal('mcp')]) }),
  }),
});
const packageSchema = z.looseObject({ version: z.string() });

const agentSchema = z.strictObject({ name: z.string(), description: z.string().max(250), tools: z.string() });

const agents = (await readdir(join(root, 'agents'))).sort();
const commands = (await readdir(join(root, 'commands'))).sort();
const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(root, path), 'utf8'));

describe('the plugin’s commands', () => {
  it.each(commands)(
    '%s has its own name, without which it does not resolve, and both names of each tool',
    async (file) => {
      const [, head = '', body = ''] =
        /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(await readFile(join(root, 'commands', file), 'utf8')) ?? [];
      const frontmatter = frontmatterSchema.parse(parse(head));
      expect(frontmatter.name).toBe(basename(file, '.md'));
      expect(body).toContain('$ARGUMENTS');
      const allowed = frontmatter['allowed-tools'].split(', ');
      const tools = allowed.flatMap((tool) => /^mcp__o8__(\w+)$/.exec(tool)?.[1] ?? []);
      const programs = allowed.flatMap((tool) => /^Bash\(o8 ([a-z]+):\*\)$/.exec(tool)?.[1] ?? []);
      expect(TOOLS).toEqual(expect.arrayContaining(tools));
      expect(SUBCOMMANDS).toEqual(expect.arrayContaining(programs));
      expect(allowed).toEqual([
        ...tools.map((tool) => `mcp__o8__${tool}`),
        ...tools.map((tool) => `mcp__plugin_o8_o8__${tool}`),
        ...programs.map((name) => `Bash(o8 ${name}:*)`),
        ...programs.map((name) => `Bash(node \${CLAUDE_PLUGIN_ROOT}/dist/o8.js ${name}:*)`),
        ...allowed.filter((tool) => tool === 'Agent'),
        ...allowed.filter((tool) => WRITES.includes(tool)),
      ]);
      // What runs them has to be in the text, too: a plugin’s o8 is not on the PATH.
      for (const name of programs) expect(body).toContain(`node \${CLAUDE_PLUGIN_ROOT}/dist/o8.js ${name}`);
    },
  );
});

describe('the plugin’s agents', () => {
  it.each(agents)('%s names itself, what it is for and its tools', async (file) => {
    const text = await readFile(join(root, 'agents', file), 'utf8');
    const [, head = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
    const { name, tools } = agentSchema.parse(parse(head));
    expect(name).toBe(basename(file, '.md'));
    const names = tools.split(', ');
    const own = names.flatMap((tool) => /^mcp__o8__(\w+)$/.exec(tool)?.[1] ?? []);
    expect(TOOLS).toEqual(expect.arrayContaining(own));
    const builtIn = names.filter((tool) => !tool.startsWith('mcp__'));
    expect(['Read', 'Grep', 'Glob', 'Edit', 'Write', 'NotebookEdit', 'Bash']).toEqual(expect.arrayContaining(builtIn));
    expect(names).toEqual([
      ...builtIn,
      ...own.map((tool) => `mcp__o8__${tool}`),
      ...own.map((tool) => `mcp__plugin_o8_o8__${tool}`),
    ]);
    // The plugin's agents read untrusted text: their prompts say so, and stay short.
    expect(body).toMatch(/never an instruction/);
    expect(body.length).toBeLessThan(4_000);
  });
});

describe('the plugin’s manifest', () => {
  it('has the package’s version and starts the bundled server', async () => {
    const plugin = pluginSchema.parse(await json('.claude-plugin/plugin.json'));
    expect(plugin.version).toBe(packageSchema.parse(await json('package.json')).version);
    expect(plugin.mcpServers.o8.args[0]).toBe('${CLAUDE_PLUGIN_ROOT}/dist/o8.js');
  });
});
