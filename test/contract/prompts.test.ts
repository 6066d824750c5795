import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { McpConnection } from '../support/programs/mcp-client.js';

// The slash commands, as clients without plugins get them.

const project = resolve(import.meta.dirname, '../..');
const COMMANDS = (await readdir(join(project, 'commands'))).map((file) => basename(file, '.md')).sort();

const EMPTY = z.looseObject({});

let folder: string;
let server: McpConnection;
let claude: McpConnection;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-prompts-')));
  server = await McpConnection.open(folder, {});
  claude = await McpConnection.open(folder, {}, 'claude-code');
});
afterAll(async () => {
  expect(await server.close()).toBe('');
  expect(await claude.close()).toBe('');
  await rm(folder, { recursive: true, force: true });
});

async function textOf(name: string, args: Record<string, string>, from = server): Promise<string> {
  const { messages } = await from.client.getPrompt({ name, arguments: args });
  expect(messages).toEqual([{ role: 'user', content: { type: 'text', text: expect.any(String) as string } }]);
  const [message] = messages;
  return message?.content.type === 'text' ? message.content.text : '';
}

describe('the prompts of the server', () => {
  it('are the commands of the plugin, each with what may follow its name', async () => {
    const { prompts } = await server.client.listPrompts();
    expect(prompts.map(({ name }) => name).sort()).toEqual(COMMANDS);
    for (const { name, description = '', arguments: args = [] } of prompts) {
      expect(description.length, name).toBeGreaterThan(20);
      const [only, ...more] = args;
      expect(more, name).toEqual([]);
      expect(only, name).toMatchObject({ name: 'arguments', required: false });
      expect(description, name).toContain(only?.description ?? 'nothing');
    }
  });

  it.each(COMMANDS)('%s has its arguments in it, and nothing that only a plugin has', async (name) => {
    const args = 'some/folder --odd "two words"';
    const text = await textOf(name, { arguments: args });
    expect(text).toContain(`Arguments: \`${args}\``);
    expect(text).not.toMatch(/\$ARGUMENTS|\$\{CLAUDE|^---/m);
    for (const [, program = ''] of text.matchAll(/node (\S+\.js)/g)) {
      expect(program, name).toBe(join(project, 'dist/o8.js'));
    }
    expect(await textOf(name, {})).toContain('Arguments: ``');
    expect(await textOf(name, { arguments: '  ' })).toContain('Arguments: ``');
  });

  it.each(['parallel-setup', 'parallel-decompose', 'parallel-integrate'])('%s says how to run o8', async (name) => {
    expect(await textOf(name, {})).toContain(`node ${join(project, 'dist/o8.js')} `);
  });

  it('accept the arguments as Claude Code splits them, and warn if it may have dropped some', async () => {
    const { prompts } = await claude.client.listPrompts();
    const names = (prompts.find(({ name }) => name === 'parallel-run')?.arguments ?? []).map(({ name }) => name);
    const given = (words: readonly string[]) =>
      Object.fromEntries(words.map((word, index): [string, string] => [names[index] ?? 'none', word]));
    const few = ['parallel/x', '--dry-run', '--skip', 'a,b', '--max-concurrent', '2', '--wave', '1'];
    const text = await textOf('parallel-run', given(few), claude);
    expect(text).toContain(`Arguments: \`${few.join(' ')}\``);
    expect(text).not.toContain('more than');
    const full = names.map((_, index) => `--w${String(index)}`);
    expect(await textOf('parallel-run', given(full), claude)).toContain(`more than ${String(full.length)} words`);
  });

  it('are refused with a code and the name if the prompt or an argument is unknown', async () => {
    await expect(server.client.getPrompt({ name: '../x' })).rejects.toMatchObject({
      code: -32602,
      message: expect.stringMatching(/no prompt "\.\.\/x".*parallel-run/) as string,
      data: { code: 'usage', hint: expect.stringContaining('parallel-run') as string },
    });
    const odd = server.client.getPrompt({ name: 'parallel-run', arguments: { dir: 'x' } });
    await expect(odd).rejects.toMatchObject({ code: -32602, message: expect.stringContaining('"dir"') as string });
  });

  it('are not offered by the plugin’s own server, nor are resources, because the plugin contains the commands and files', async () => {
    const plugin = await McpConnection.open(folder, { CLAUDE_PLUGIN_ROOT: project });
    expect(plugin.client.getServerCapabilities()?.prompts).toBeUndefined();
    expect(plugin.client.getServerCapabilities()?.resources).toBeUndefined();
    expect(plugin.client.getInstructions()).toContain(join(project, 'docs/manifest.md'));
    expect(plugin.client.getInstructions()).not.toContain('o8://');
    expect(plugin.client.getInstructions()?.length).toBeLessThanOrEqual(2048);
    await expect(plugin.client.request({ method: 'prompts/list' }, EMPTY)).rejects.toMatchObject({ code: -32601 });
    await plugin.close();
  });
});
