import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunFixture } from '../../support/runs/run-fixture.js';

const ONE = [{ id: 'task-001', wave: 1 }];
const FILE = '.claude/parallel-config.json';

async function written(run: RunFixture): Promise<unknown> {
  return JSON.parse(await readFile(join(run.root, FILE), 'utf8'));
}

it('o8 --help lists each command once, and the other names still work', async () => {
  const run = await RunFixture.open({ tasks: ONE });
  const { stdout } = await run.o8('--help');
  const [, commands = ''] = stdout.split('Commands:\n');
  const said = commands.split('\n').flatMap((line) => /^ {2}\S.*? {2,}(.+)$/.exec(line)?.[1] ?? []);
  expect(said.length).toBeGreaterThan(15);
  expect(new Set(said).size).toBe(said.length);
  expect(commands).not.toMatch(/parallel-config|run-checks/);
  expect((await run.o8('parallel-config')).code).toBe(0);
  expect((await run.o8('run-checks', '--help')).code).toBe(0);
});

describe('o8 config', () => {
  it('shows every setting with its value and where it comes from', async () => {
    const run = await RunFixture.open({ tasks: ONE, settings: { verify: 'npm test' } });
    const { code, stdout } = await run.o8('config');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^verify +npm test$/m);
    expect(stdout).toMatch(/^killAfter +1$/m);
    expect(stdout).toMatch(/^merge\.into +integration {2}\(default\)$/m);
    expect(stdout).toMatch(/^agent\.model +none {2}\(default\)$/m);
    expect(stdout).toContain(`Set in ${FILE}.`);
    const json = await run.o8Json('config');
    expect(json).toMatchObject({ file: join(run.root, FILE) });
    expect(json['settings']).toContainEqual({ key: 'verify', value: 'npm test', source: 'file' });
    expect(json['settings']).toContainEqual({ key: 'maxConcurrency', value: 3, source: 'default' });
  });

  it('set changes one and keeps the others; reset takes one, a group, or all back', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.o8('config', 'reset');
    expect(await written(run)).toEqual({});
    for (const [key, value] of [
      ['maxConcurrency', '5'],
      ['merge.into', 'base'],
      ['merge.strategy', 'squash'],
      ['agent.command', '["my-agent", "{promptFile}"]'],
      ['notify', 'notify-send "$O8_MESSAGE"'],
    ] as const) {
      const { code, stderr } = await run.o8('config', 'set', key, value);
      expect(code, stderr).toBe(0);
    }
    expect(await written(run)).toEqual({
      maxConcurrency: 5,
      merge: { into: 'base', strategy: 'squash' },
      agent: { command: ['my-agent', '{promptFile}'] },
      notify: 'notify-send "$O8_MESSAGE"',
    });
    expect((await run.o8('config', 'reset', 'merge.into')).code).toBe(0);
    expect((await run.o8('config', 'reset', 'agent')).code).toBe(0);
    expect(await written(run)).toEqual({
      maxConcurrency: 5,
      merge: { strategy: 'squash' },
      notify: 'notify-send "$O8_MESSAGE"',
    });
  });

  it('refuses unknown keys and wrong values with exit code 2, and changes nothing', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const before = await written(run);
    const unknown = await run.o8('config', 'set', 'maxconcurrency', '5');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('There is no setting "maxconcurrency".');
    expect(unknown.stderr).toContain('maxConcurrency, maxFeatures, merge.into');
    for (const args of [
      ['set', 'maxConcurrency', 'many'],
      ['set', 'maxConcurrency', '0'],
      ['set', 'merge', '{"into":"base"}'],
      ['set', 'merge.into', 'elsewhere'],
      ['set', 'agent.command', 'my-agent'],
      ['set', 'verify', 'if ['],
      ['set', 'setup', 'npm ci "'],
      ['set', 'agent.command', '["agent", "--file={promptFile}"]'],
      ['set', 'retries'],
      ['reset', 'nothing'],
      ['frobnicate'],
    ]) {
      const { code, stderr } = await run.o8('config', ...args);
      expect(code, `o8 config ${args.join(' ')}: ${stderr}`).toBe(2);
      expect(stderr).not.toBe('');
    }
    expect((await run.o8('config', 'set', 'maxConcurrency', 'zero')).stderr).toBe(
      'Error: maxConcurrency must be a whole number from 1 to 64 (got "zero").\n  o8 config shows the current settings, docs/settings.md lists the allowed values; write lists and objects as quoted JSON.\n',
    );
    expect(await written(run)).toEqual(before);
  });

  it('says what is wrong with a broken file; reset starts over', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.repository.write(FILE, '{ "retrys": 2 }');
    for (const args of [[], ['set', 'retries', '2']]) {
      const { code, stderr } = await run.o8('config', ...args);
      expect(code).toBe(2);
      expect(stderr).toContain('unknown key "retrys"');
      expect(stderr).toContain('o8 config reset');
    }
    expect((await run.o8('config', 'reset')).code).toBe(0);
    expect(await written(run)).toEqual({});
  });

  it('loses nothing when several change it at once, and the file is none of git’s', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    await run.o8('config', 'reset');
    const changes = { retries: '2', timeout: '30', killAfter: '5', setup: 'npm ci' };
    await Promise.all(Object.entries(changes).map(([key, value]) => run.o8('config', 'set', key, value)));
    expect(await written(run)).toEqual({ retries: 2, timeout: 30, killAfter: 5, setup: 'npm ci' });
    expect(await run.repository.git(['status', '--porcelain'])).toBe('');
  });

  it('cannot be changed by an agent of a run', async () => {
    const run = await RunFixture.open({ tasks: ONE });
    const before = await written(run);
    const env = { ...run.environment, O8_ATTEMPT: 'x' };
    const { code, stderr } = await run.o8With(env, 'config', 'set', 'notify', 'rm -rf /tmp/x');
    expect(code).toBe(4);
    expect(stderr).toContain('O8_ATTEMPT=x');
    expect(await written(run)).toEqual(before);
    expect(existsSync(join(run.root, FILE))).toBe(true);
  });
});
