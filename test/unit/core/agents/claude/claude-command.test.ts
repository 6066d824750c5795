import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { claudeCommand, type ClaudeAttempt } from '../../../../../src/core/agents/claude/claude-command.js';
import { O8Error } from '../../../../../src/core/base/errors.js';
import type { PlannedTask } from '../../../../../src/core/plan/plan.js';
import { defaultSettings } from '../../../../../src/core/settings/settings.js';

const SESSION = '3f1f3a53-7a0c-4f9e-9f43-0d7a39b1f6c1';
const OPTION = /^--?[a-z]/;

const task: PlannedTask = {
  id: 'task-001',
  stem: 'task-001-users',
  wave: 1,
  deps: [],
  agent: null,
  component: null,
  prompt: 'Do it.',
  promptKind: 'text',
  promptFile: null,
  scope: { create: [], modify: [], boundary: [] },
  branch: 'feature/task-001-users',
  worktree: "/work's/task 001",
  setup: null,
  verify: null,
  timeoutMinutes: 120,
  budgetUsd: null,
  retries: 1,
  model: null,
};
const entry = (glob: string) => ({ glob, symbol: null });

function attempt(changes: Partial<ClaudeAttempt> = {}): ClaudeAttempt {
  return {
    program: 'claude',
    task,
    settings: defaultSettings(),
    project: { kind: 'worktree' },
    attempt: { sessionId: SESSION, continues: false },
    workerRules: 'Stay in your task.',
    budgetUsd: null,
    guard: { node: '/usr/bin/node', program: '/o8/dist/guard.js' },
    ...changes,
  };
}

function withAgent(agent: Partial<ReturnType<typeof defaultSettings>['agent']>): ClaudeAttempt {
  const settings = defaultSettings();
  return attempt({ settings: { ...settings, agent: { ...settings.agent, ...agent } } });
}

/** The words between an option and the next one. */
function valuesOf(argv: readonly string[], option: string): string[] {
  const start = argv.indexOf(option) + 1;
  expect(start, option).toBeGreaterThan(0);
  const end = argv.findIndex((argument, index) => index >= start && OPTION.test(argument));
  return argv.slice(start, end < 0 ? undefined : end);
}

const settingsSchema = z.looseObject({
  disableAllHooks: z.boolean(),
  permissions: z.looseObject({ allow: z.array(z.string()).optional() }),
  hooks: z.record(z.string(), z.array(z.unknown())),
});

function settingsOf(given: ClaudeAttempt): z.infer<typeof settingsSchema> {
  return settingsSchema.parse(JSON.parse(valuesOf(claudeCommand(given).argv, '--settings')[0] ?? ''));
}

describe('claudeCommand', () => {
  it('leaves slash commands, skills and agents to a task that is a command of the repository, and to no other', () => {
    const skill = claudeCommand(attempt({ task: { ...task, promptKind: 'skill' } })).argv;
    expect(skill).not.toContain('--disable-slash-commands');
    expect(valuesOf(skill, '--tools').join().split(',')).toEqual(expect.arrayContaining(['Skill', 'Agent', 'Edit']));
    expect(valuesOf(skill, '--allowedTools')).toEqual(expect.arrayContaining(['Skill', 'Agent', 'Edit(/**)']));
    const { argv } = claudeCommand(attempt());
    expect(argv).toContain('--disable-slash-commands');
    expect(argv.join(' ')).not.toMatch(/Skill|Agent/);
  });

  it('starts a new session headless, with no settings, servers or commands but the project’s', () => {
    const { argv, env } = claudeCommand(attempt());
    expect(argv.slice(0, 9)).toEqual([
      'claude',
      '-p',
      '--output-format',
      'stream-json',
      '--verbose',
      '--include-hook-events',
      '--session-id',
      SESSION,
      '--setting-sources',
    ]);
    for (const option of ['--strict-mcp-config', '--disable-slash-commands']) expect(argv).toContain(option);
    expect(valuesOf(argv, '--setting-sources')).toEqual(['project']);
    expect(valuesOf(argv, '--permission-mode')).toEqual(['dontAsk']);
    expect(Number(env['CLAUDE_CODE_MAX_RETRIES'])).toBeLessThan(5);
  });

  it('continues a session by resuming it', () => {
    const { argv } = claudeCommand(attempt({ attempt: { sessionId: SESSION, continues: true } }));
    expect(valuesOf(argv, '--resume')).toEqual([SESSION]);
    expect(argv).not.toContain('--session-id');
  });

  it('ends every list of values with an option, so that nothing is swallowed', () => {
    const { argv } = claudeCommand(attempt());
    for (const option of ['--allowedTools', '--disallowedTools', '--tools']) {
      const last = argv.indexOf(option) + valuesOf(argv, option).length;
      expect(argv[last + 1], option).toMatch(OPTION);
    }
  });

  it('leaves out what has no value', () => {
    const { argv } = claudeCommand(attempt());
    expect(argv.join(' ')).not.toMatch(/--model|--max-turns|--max-budget-usd/);
    expect(claudeCommand(attempt({ workerRules: '' })).argv.join(' ')).not.toContain('--append-system-prompt');
  });

  it('passes model, turns and budget; the task’s model goes before the settings’', () => {
    const given = { ...withAgent({ model: 'sonnet', maxTurns: 40 }), budgetUsd: 0.0000001 };
    expect(claudeCommand(given).argv).toContain('--model=sonnet');
    expect(claudeCommand({ ...given, task: { ...task, model: '-odd' } }).argv).toContain('--model=-odd');
    expect(valuesOf(claudeCommand(given).argv, '--max-turns')).toEqual(['40']);
    expect(valuesOf(claudeCommand(given).argv, '--max-budget-usd')).toEqual(['0.000001']);
  });

  it('keeps rules that look like an option one value', () => {
    expect(claudeCommand(attempt({ workerRules: '- stay\n--push' })).argv).toContain(
      '--append-system-prompt=- stay\n--push',
    );
  });

  it('allows reading, edits in the worktree, commits and the declared commands', () => {
    const { argv } = claudeCommand(attempt({ task: { ...task, setup: 'npm ci', verify: 'npm test && npm run lint' } }));
    const allowed = valuesOf(argv, '--allowedTools');
    expect(allowed).toEqual(
      expect.arrayContaining(['Read', 'Grep', 'Glob', 'Edit(/**)', 'Bash(git commit *)', 'Bash(npm ci)']),
    );
    expect(allowed).toContain('Bash(npm test && npm run lint)');
    expect(allowed).not.toContain('Bash(git push *)');
  });

  it('denies what is shared by all worktrees, also where everything else is allowed', () => {
    const denied = valuesOf(
      claudeCommand(withAgent({ permissionMode: 'bypassPermissions' })).argv,
      '--disallowedTools',
    );
    for (const command of ['stash', 'config', 'worktree', 'push', '-C', '-c'])
      expect(denied).toContain(`Bash(git ${command} *)`);
    expect(denied).toEqual(expect.arrayContaining(['Edit(/.git)', 'Edit(/.git/**)', 'Bash(git *--output*)']));
  });

  it('denies edits inside BOUNDARY, braces written out, brackets also as names', () => {
    const scope = { create: [], modify: [], boundary: ['src/{a,b}/**', 'app/[id]/page.ts', 'lib/(x), y'] };
    const denied = valuesOf(claudeCommand(attempt({ task: { ...task, scope } })).argv, '--disallowedTools');
    expect(denied).toEqual(
      expect.arrayContaining([
        'Edit(/src/a/**)',
        'Edit(/src/b/**)',
        'Edit(/app/[id]/page.ts)',
        'Edit(/app/?id?/page.ts)',
        'Edit(/lib/?x???y)',
      ]),
    );
  });

  it('under scope enforce allows edits of CREATE, MODIFY and the marker file only', () => {
    const scope = { create: [entry('src/new/**')], modify: [entry('src/app.ts')], boundary: [] };
    const settings = { ...defaultSettings(), scope: 'enforce' as const };
    const edits = valuesOf(
      claudeCommand(attempt({ settings, task: { ...task, scope } })).argv,
      '--allowedTools',
    ).filter((rule) => rule.startsWith('Edit'));
    expect(edits).toEqual(['Edit(/.claude-task-complete)', 'Edit(/src/new/**)', 'Edit(/src/app.ts)']);
  });

  it('gives the user’s own rules, and the tools they are about', () => {
    const { argv } = claudeCommand(withAgent({ allowedTools: ['WebFetch(domain:a.b)', 'Bash(make *)', 'Read'] }));
    expect(valuesOf(argv, '--allowedTools')).toEqual(expect.arrayContaining(['WebFetch(domain:a.b)', 'Bash(make *)']));
    expect(valuesOf(argv, '--tools')).toEqual(['Read,Edit,Write,NotebookEdit,Bash,Grep,Glob,WebFetch']);
  });

  it('puts rules that the option would cut up or take for options into the settings', () => {
    const verify = 'node -e "f(1), g(2)"';
    const given = { ...withAgent({ allowedTools: ['-x', 'Bash(sh -c "(a) b")'] }), task: { ...task, verify } };
    const unsafe = [`Bash(${verify})`, '-x', 'Bash(sh -c "(a) b")'];
    for (const rule of unsafe) expect(claudeCommand(given).argv).not.toContain(rule);
    expect(settingsOf(given).permissions.allow).toEqual(unsafe);
  });

  it('guards writes with a hook that denies when it cannot run', () => {
    const { hooks, disableAllHooks } = settingsOf(
      attempt({ task: { ...task, scope: { create: [], modify: [], boundary: ["it's/**"] } } }),
    );
    expect(disableAllHooks).toBe(false);
    expect(hooks['PreToolUse']).toEqual([
      {
        matcher: 'Write|Edit|MultiEdit|NotebookEdit',
        hooks: [
          {
            type: 'command',
            command: `/usr/bin/node /o8/dist/guard.js '--worktree=/work'\\''s/task 001' '--boundary=it'\\''s/**' || exit 2`,
            timeout: 60,
          },
        ],
      },
      { matcher: 'Bash', hooks: [{ type: 'command', command: 'echo o8-guard >&2', timeout: 60 }] },
    ]);
  });

  it('answers no permission prompt, calls mode manual by the name every version knows, and starts no agents of agents', () => {
    const manual = { ...attempt().settings.agent, permissionMode: 'manual' as const };
    const { argv, env } = claudeCommand(attempt({ settings: { ...attempt().settings, agent: manual } }));
    expect(argv[argv.indexOf('--permission-mode') + 1]).toBe('default');
    expect(settingsOf(attempt())).toMatchObject({ permissions: { denyInsteadOfPrompting: true } });
    expect(env).not.toHaveProperty('CLAUDE_CODE_MAX_SUBAGENT_SPAWN_DEPTH');
    const skill = claudeCommand(attempt({ task: { ...task, promptKind: 'skill' } }));
    expect(skill.env).toMatchObject({ CLAUDE_CODE_MAX_SUBAGENT_SPAWN_DEPTH: '1' });
  });

  it('keeps the user’s settings beside the guard', () => {
    const own = {
      env: { A: '1' },
      permissions: { deny: ['Bash(curl *)'], allow: ['WebSearch'] },
      hooks: { PreToolUse: [{ matcher: 'Bash', hooks: [{ type: 'command', command: 'check' }] }], Stop: [] },
    };
    const settings = settingsOf(withAgent({ settings: own }));
    expect(settings).toMatchObject({ env: { A: '1' }, permissions: { deny: ['Bash(curl *)'], allow: ['WebSearch'] } });
    expect(settings.hooks['PreToolUse']).toHaveLength(3);
    expect(settings.hooks['PreToolUse']?.[0]).toMatchObject({ matcher: 'Write|Edit|MultiEdit|NotebookEdit' });
    expect(settings.hooks['Stop']).toEqual([]);
  });

  it.each([
    [{ disableAllHooks: true }, 'agent.settings.disableAllHooks'],
    [{ hooks: { Stop: [{ hooks: [{ type: 'nope' }] }] } }, 'agent.settings.hooks.Stop.0.hooks.0'],
    [{ permissions: { allow: 'all' } }, 'agent.settings.permissions.allow'],
    [{ model: 5 }, 'agent.settings.model'],
  ])('refuses settings that would take the guard away: %j', (settings, key) => {
    expect(() => claudeCommand(withAgent({ settings }))).toThrow(O8Error);
    expect(() => claudeCommand(withAgent({ settings }))).toThrow(key);
  });

  it('refuses by name what is too long for an argument', () => {
    expect(() => claudeCommand(attempt({ workerRules: 'x'.repeat(140_000) }))).toThrow(/Task task-001: .*140023 bytes/);
  });

  it('never holds the prompt', () => {
    const secret = 'the prompt itself';
    expect(claudeCommand(attempt({ task: { ...task, prompt: secret } })).argv.join(' ')).not.toContain(secret);
  });
});
