import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MarkedProcesses } from '../../support/programs/marked-processes.js';
import { scriptedCommand, StubAgents, type StubCommand } from '../../support/agents/stub-agent.js';

// Other tests rely on the stub agent doing exactly what it is told.

let folder: string;
let processes: MarkedProcesses;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-stub-test-')));
  processes = new MarkedProcesses();
  await promisify(execFile)('git', ['init', '-q', '-b', 'main', folder]);
});

afterEach(async () => {
  await processes.kill();
  await rm(folder, { recursive: true, force: true });
});

function start(command: readonly string[], task: string): ChildProcess {
  const [program = '', ...argv] = command;
  return spawn(program, argv, {
    cwd: folder,
    env: { ...process.env, ...processes.environment, O8_TASK_ID: task },
    stdio: 'ignore',
  });
}

describe('a stub agent that a test steers', () => {
  let agents: StubAgents;

  beforeEach(async () => {
    agents = await StubAgents.listen();
  });

  afterEach(async () => agents.close());

  it('announces itself, then does what it is told in the order it is told', async () => {
    const child = start([...agents.command, '--prompt', 'p.md'], 'task-001');
    const ended = once(child, 'exit');
    const agent = await agents.waitForAgent('task-001');
    expect(agent.started).toMatchObject({ pid: child.pid, cwd: folder, argv: ['--prompt', 'p.md'] });

    await agent.writeFile('src/a.txt', 'a\n');
    const commit = await agent.commit('Add a');
    await agent.markComplete();

    expect(await agent.git('log', '--format=%H %s')).toBe(`${commit} Add a`);
    expect(await agent.git('status', '--porcelain')).toBe('?? .claude-task-complete');
    await agent.exit(3);
    expect(await ended).toEqual([3, null]);
  });

  it('rejects a failed command and continues', async () => {
    start(agents.command, 'task-001');
    const agent = await agents.waitForAgent('task-001');
    await expect(agent.readFile('missing')).rejects.toThrow('ENOENT');
    await expect(agent.git('no-such-command')).rejects.toThrow('no-such-command');
    await agent.writeFile('a', 'a');
    expect(await agent.readFile('a')).toBe('a');
  });

  it('ends by a signal when it is told to', async () => {
    const child = start(agents.command, 'task-001');
    const ended = once(child, 'exit');
    await (await agents.waitForAgent('task-001')).signal('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  it('is told apart by task, also when several start at once', async () => {
    for (const task of ['b', 'a', 'b']) start(agents.command, task);
    const a = await agents.waitForAgent('a');
    const [b1, b2] = [await agents.waitForAgent('b'), await agents.waitForAgent('b')];
    expect([a.task, b1.task, b2.task]).toEqual(['a', 'b', 'b']);
    expect(b1.pid).not.toBe(b2.pid);
  });

  it('ends when the test goes away', async () => {
    const child = start(agents.command, 'task-001');
    const ended = once(child, 'exit');
    await agents.waitForAgent('task-001');
    await agents.close();
    expect(await ended).toEqual([70, null]);
    agents = await StubAgents.listen();
  });

  it('starts children that outlive it and that the test can still find', async () => {
    const child = start(agents.command, 'task-001');
    const ended = once(child, 'exit');
    const agent = await agents.waitForAgent('task-001');
    const grandchild = await agent.startChild('own');
    await agent.signal('SIGKILL');
    await ended;
    expect(await processes.pids()).toEqual([grandchild]);
    await processes.kill();
    expect(await processes.pids()).toEqual([]);
  });

  it('reports the agent that did not start, with those that did', async () => {
    start(agents.command, 'task-001');
    await agents.waitForAgent('task-001');
    await expect(agents.waitForAgent('task-002', 1)).rejects.toThrow(
      'an agent of task-002 did not start within 1 ms (started so far: task-001)',
    );
  });
});

describe('a stub agent that follows a script', () => {
  it('does what the script says for its task and for this start of it', async () => {
    const script: Record<string, StubCommand[][]> = {
      'task-001': [[{ do: 'exit', code: 1 }], [{ do: 'write', path: 'a', text: 'second start' }]],
      '*': [[{ do: 'write', path: 'b', text: 'any other' }]],
    };
    const file = join(folder, 'script.json');
    await writeFile(file, JSON.stringify(script));
    const run = async (task: string) => {
      const child = start(scriptedCommand(file), task);
      await once(child, 'exit');
      return child.exitCode;
    };

    expect(await run('task-001')).toBe(1);
    expect(await run('task-001')).toBe(0);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('second start');
    expect(await run('task-002')).toBe(0);
    expect(await readFile(join(folder, 'b'), 'utf8')).toBe('any other');
  });
});
