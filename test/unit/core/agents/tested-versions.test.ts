import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { CLAUDE_AGENT } from '../../../../src/core/agents/claude/claude-agent.js';
import { CODEX_AGENT } from '../../../../src/core/agents/codex/codex-agent.js';

it('preflight and doctor name the versions that the end-to-end tests run', () => {
  const { devDependencies } = z
    .object({ devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync('test/e2e/package.json', 'utf8')));
  expect(CLAUDE_AGENT.cli?.tested).toBe(devDependencies['@anthropic-ai/claude-code']);
  expect(CODEX_AGENT.cli?.tested).toBe(devDependencies['@openai/codex']);
});
