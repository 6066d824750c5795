import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { changedSchema, issuesSchema, postedSchema, readAnswer } from '../../src/sources/beads/bd-answers.js';
import { createRepository, type TestRepository } from '../support/git/repository.js';
import { runStandIn, type BdAnswer } from '../support/beads/stand-in-beads.js';

// What the real bd 1.0.3 answered, command by command, against the stand-in of the other tests.

const RECORDINGS = resolve(import.meta.dirname, '../fixtures/beads');
/** Recorded with BD_JSON_ENVELOPE=1. */
const ENVELOPED = new Set(['29-env-ready', '30-env-show', '31-env-err']);
/** Values of several words, which the list of commands does not quote. */
const OF_SEVERAL_WORDS = new Set(['-d', '--acceptance', '--reason']);

interface Recording {
  readonly name: string;
  readonly code: number;
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
}

const recordings = await readRecordings();
const answers = new Map<string, BdAnswer>();
let repository: TestRepository;

beforeAll(async () => {
  repository = await createRepository({ files: { 'readme.md': '' } });
  await repository.git(['config', 'user.name', 'o8']);
  await repository.git(['config', 'user.email', 'a@b']);
  for (const { name, argv } of recordings) {
    const id = name === '01-create-epic' ? ['--id', 'demo-9ae'] : [];
    const env = ENVELOPED.has(name) ? { BD_JSON_ENVELOPE: '1' } : {};
    answers.set(name, await runStandIn([...argv, ...id], repository.root, env));
  }
});
afterAll(async () => repository.remove());

describe('the client of bd', () => {
  it.each(recordings.filter(({ name, stdout }) => name !== '00-init' && stdout !== ''))('reads $name', (recording) => {
    const json = readAnswer(recording.stdout);
    if (recording.code !== 0) {
      expect(json.kind).toBe('error');
      return;
    }
    const data = json.kind === 'data' ? json.data : null;
    const [command, sub] = recording.argv;
    switch (command) {
      case 'create':
        expect(issuesSchema.parse([data])).toHaveLength(1);
        return;
      case 'comments':
        expect(postedSchema.parse(data)).toEqual({ issue_id: 'demo-9ae.1' });
        return;
      case 'label':
        if (sub === 'add') expect(changedSchema.parse(data)).toEqual(['demo-9ae.1']);
        else expect(z.array(z.string()).parse(data)).toContain('o8-run');
        return;
      case 'epic':
        expect(
          issuesSchema.parse(
            z
              .array(z.object({ epic: z.unknown() }))
              .parse(data)
              .map(({ epic }) => epic),
          ),
        ).toHaveLength(1);
        return;
      default:
        break;
    }
    if (command === 'dep' && sub === 'add') expect(postedSchema.parse(data)).toHaveProperty('issue_id');
    else expect(issuesSchema.parse(data)).toHaveLength((JSON.parse(JSON.stringify(data)) as unknown[]).length);
    if (command === 'update' || command === 'close') expect(changedSchema.parse(data)).toHaveLength(1);
  });

  it('knows no more of a link in the envelope, in a list or in the details of an issue', () => {
    const issues = (name: string) => issuesSchema.parse(dataOf(name));
    const links = [
      { on: 'demo-9ae', type: 'parent-child' },
      { on: 'demo-9ae.1', type: 'blocks' },
    ];
    expect(issues('22-ready-after')[1]?.links).toEqual(links);
    expect(issues('29-env-ready')[0]?.links).toEqual(links);
    expect(issues('11-show')[0]).toMatchObject({
      parent: 'demo-9ae',
      links: [links[0]],
      acceptance: 'npm test passes',
    });
    expect(issues('30-env-show')[0]).toMatchObject({ parent: 'demo-9ae', status: 'closed', assignee: 'o8' });
  });
});

function dataOf(name: string): unknown {
  const json = readAnswer(recordings.find((recording) => recording.name === name)?.stdout ?? '');
  return json.kind === 'data' ? json.data : null;
}

describe('the stand-in for bd', () => {
  it('is compared with every recording', async () => {
    const files = (await readdir(RECORDINGS)).filter((file) => file !== 'COMMANDS.txt');
    const read = recordings.flatMap(({ name }) => [`${name}.json`, `${name}.err`]);
    expect(files.filter((file) => !read.includes(file))).toEqual([]);
    expect(recordings).toHaveLength(35);
  });

  it.each(recordings.filter(({ name }) => name !== '00-init'))('answers like $name', (recording) => {
    const answer = answers.get(recording.name);
    expect(answer?.code).toBe(recording.code);
    expect(answer?.stderr.trim()).toBe(recording.stderr.trim());
    expect(answered(answer?.stdout ?? '')).toEqual(answered(recording.stdout));
    expect(keysOf(answer?.stdout ?? '')).toEqual(keysOf(recording.stdout));
  });

  it('stages its export in the index of the user, and not where the environment says so', async () => {
    expect(await repository.git(['diff', '--cached', '--name-only'])).toBe('.beads/issues.jsonl');
    await repository.git(['reset', '--quiet']);
    const calls = [
      { args: ['create', 'One'], env: { BD_EXPORT_GIT_ADD: 'false' } },
      { args: ['create', 'Two'], env: { BD_NO_GIT_OPS: 'true' } },
    ];
    for (const { args, env } of calls) await runStandIn(args, repository.root, env);
    expect(await repository.git(['diff', '--cached', '--name-only'])).toBe('');
    await runStandIn(['config', 'set', 'export.git-add', 'false'], repository.root);
    await runStandIn(['create', 'Three'], repository.root);
    expect(await repository.git(['diff', '--cached', '--name-only'])).toBe('');
    expect(await repository.git(['diff', '--name-only'])).toContain('.beads/issues.jsonl');
  });
});

/** JSON with what differs from call to call replaced; an empty answer is null. */
function answered(stdout: string): unknown {
  if (stdout.trim() === '') return null;
  return JSON.parse(stdout, (_, value: unknown) =>
    typeof value === 'string'
      ? value
          .replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, '<time>')
          .replace(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, '<uuid>')
      : value,
  ) as unknown;
}

/** Every key in its order. */
function keysOf(stdout: string): string[] {
  return [...stdout.matchAll(/^\s*"(\w+)":/gm)].map(([, key = '']) => key);
}

async function readRecordings(): Promise<Recording[]> {
  const lines = (await readFile(join(RECORDINGS, 'COMMANDS.txt'), 'utf8')).split('\n').filter((line) => line !== '');
  return Promise.all(
    lines.map(async (line) => {
      const [, name = '', code = '', words = ''] = /^(\S+) rc=(\d+) \d+ms :: bd (.*)$/.exec(line) ?? [];
      const read = async (end: string): Promise<string> =>
        readFile(join(RECORDINGS, `${name}.${end}`), 'utf8').catch(() => '');
      return { name, code: Number(code), argv: argvOf(words), stdout: await read('json'), stderr: await read('err') };
    }),
  );
}

function argvOf(words: string): string[] {
  const argv: string[] = [];
  let several = false;
  for (const word of words.split(' ')) {
    if (several && !word.startsWith('-') && !OF_SEVERAL_WORDS.has(argv.at(-1) ?? '')) {
      argv.push(`${argv.pop() ?? ''} ${word}`);
      continue;
    }
    argv.push(word);
    several = OF_SEVERAL_WORDS.has(word) || (several && !word.startsWith('-'));
  }
  return argv;
}
