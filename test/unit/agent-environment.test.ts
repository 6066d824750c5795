import { describe, expect, test } from 'vitest';
import { agentEnvironment } from '../../src/process/programs/agent-environment.js';

function names(parent: NodeJS.ProcessEnv): string[] {
  return Object.keys(agentEnvironment(parent, {})).sort();
}

function set(...variables: string[]): NodeJS.ProcessEnv {
  return Object.fromEntries(variables.map((name) => [name, 'x']));
}

describe('the environment of an agent', () => {
  test('has nothing of the Claude session that started o8', () => {
    const session = set(
      'CLAUDECODE',
      'CLAUDE_CODE_ENTRYPOINT',
      'CLAUDE_CODE_SESSION_ID',
      'CLAUDE_CODE_CHILD_SESSION',
      'CLAUDE_CODE_SSE_PORT',
      'CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR',
      'CLAUDE_PROJECT_DIR',
      'CLAUDE_PLUGIN_ROOT',
      'CLAUDE_PLUGIN_DATA',
      'CLAUDE_ENV_FILE',
      'AI_AGENT',
    );
    expect(names(session)).toEqual([]);
  });

  test('keeps what the agent needs to sign in, reach its provider and be configured', () => {
    const configuration = [
      'ANTHROPIC_API_KEY',
      'ANTHROPIC_BASE_URL',
      'AWS_PROFILE',
      'CLAUDE_CODE_CLIENT_CERT',
      'CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC',
      'CLAUDE_CODE_MAX_OUTPUT_TOKENS',
      'CLAUDE_CODE_OAUTH_TOKEN',
      'CLAUDE_CODE_SKIP_BEDROCK_AUTH',
      'CLAUDE_CODE_USE_BEDROCK',
      'CLAUDE_CODE_USE_VERTEX',
      'CLAUDE_CONFIG_DIR',
      'HOME',
      'HTTPS_PROXY',
      'IS_SANDBOX',
      'NODE_EXTRA_CA_CERTS',
      'PATH',
      'SSH_AUTH_SOCK',
    ];
    expect(names(set(...configuration))).toEqual(configuration);
  });

  test('does not point git at the repository of a hook that started o8', () => {
    expect(
      names(
        set(
          'GIT_DIR',
          'GIT_WORK_TREE',
          'GIT_INDEX_FILE',
          'GIT_PREFIX',
          'GIT_CONFIG_COUNT',
          'GIT_CONFIG_KEY_0',
          'GIT_CONFIG_VALUE_0',
        ),
      ),
    ).toEqual([]);
    expect(names(set('GIT_SSH_COMMAND', 'GIT_AUTHOR_NAME', 'GIT_CONFIG_GLOBAL'))).toEqual([
      'GIT_AUTHOR_NAME',
      'GIT_CONFIG_GLOBAL',
      'GIT_SSH_COMMAND',
    ]);
  });

  test('has the O8_ variables of its own run only', () => {
    const parent = { O8_ATTEMPT: 'outer', O8_PORT: '1', PATH: '/bin', UNSET: undefined };
    expect(agentEnvironment(parent, { O8_TASK_ID: 'task-001' })).toEqual({ PATH: '/bin', O8_TASK_ID: 'task-001' });
  });
});
