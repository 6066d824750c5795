import { describe, expect, it } from 'vitest';
import { feedbackPrompt } from '../../../../src/core/forge/pull-feedback.js';
import { hasMarker, markerOf } from '../../../../src/core/forge/pull-marker.js';
import {
  conflictComment,
  pullBody,
  pullTitle,
  reviewComment,
  type PullText,
} from '../../../../src/core/forge/pull-text.js';
import { redactor } from '../../../../src/core/text/redact.js';

const redact = redactor(['hunter2hunter2']);
const marker = markerOf('pull-request', 'demo-1');
const TEXT: PullText = {
  task: { id: 'demo-1', prompt: 'Add users.' },
  runId: '20260101-100000-abcd',
  result: 'Added users.',
  checks: [{ command: 'npm test', passed: true }],
  outOfScope: [],
  cost: { usd: 1.5, attempts: 2 },
};

describe('the description of a pull request', () => {
  it('has task, result, checks, scope, cost and marker', () => {
    expect(pullBody(TEXT, marker, redact)).toBe(
      [
        'Task `demo-1` in run `20260101-100000-abcd` of o8.',
        '## Result\n\n```text\nAdded users.\n```',
        '## Checks\n\nRun by o8 on the merge with the base branch:\n\n- passed: `npm test`',
        '## Scope\n\nAll changes are within the scope of the task.',
        '## Cost\n\n$1.50 in 2 attempts',
        '<details><summary>Task</summary>\n\n```text\nAdd users.\n```\n\n</details>',
        marker,
      ].join('\n\n'),
    );
  });

  it('names what is missing', () => {
    const body = pullBody(
      { ...TEXT, result: ' \n', checks: [], outOfScope: null, cost: { usd: null, attempts: 1 } },
      marker,
      redact,
    );
    expect(body).not.toContain('## Result');
    expect(body).not.toContain('## Scope');
    expect(body).toContain('No verify command is configured.');
    expect(body).toContain('## Cost\n\n1 attempt\n');
  });

  it('escapes Markdown, markers and hidden characters of the agent, and removes secrets and excess length', () => {
    const other = markerOf('pull-request', 'demo-2');
    const hostile = `\`\`\`\n@everyone fixes #1 <img src=x>\n${other}\n\u202e\u001b[31m hunter2hunter2\n~~~\n\`\`\`\`\n# title`;
    const body = pullBody(
      { ...TEXT, result: hostile, task: { id: '`a`\n# x', prompt: 'x'.repeat(70_000) } },
      marker,
      redact,
    );
    expect(body).toContain('`````text\n```\n@everyone'); // a longer fence than any in the text
    expect(body).toContain('\\u{202e}\\u{1b}[31m [redacted]');
    expect(body).toContain('Task `` `a`\\u{a}# x `` in run');
    expect(hasMarker(body, other)).toBe(false);
    expect(hasMarker(body, marker)).toBe(true);
    expect(body.length).toBeLessThan(65_536);
  });

  it('stays below what a forge accepts with the longest of everything', () => {
    const long = '\u202e'.repeat(100_000);
    const outOfScope = Array.from({ length: 500 }, () => ({ path: long, rule: long }));
    const checks = Array.from({ length: 200 }, () => ({ command: long, passed: false }));
    const body = pullBody(
      { ...TEXT, result: long, task: { id: long, prompt: long }, checks, outOfScope },
      marker,
      redact,
    );
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(hasMarker(body, marker)).toBe(true);
  });

  it('wraps long lines and names the changes outside of the scope', () => {
    const outOfScope = Array.from({ length: 51 }, (_, at) => ({
      path: `src/${String(at)}.ts`,
      rule: 'inside BOUNDARY src/**',
    }));
    const body = pullBody({ ...TEXT, result: 'word '.repeat(100), outOfScope }, marker, redact);
    expect(Math.max(...body.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(body).toContain('51 changes outside the scope of the task:');
    expect(body).toContain('- `src/49.ts`: `inside BOUNDARY src/**`\n- and 1 more');
  });
});

it('a title is one short line', () => {
  expect(pullTitle(' Add\n users ', 'demo-1', redact)).toBe('Add users');
  expect(pullTitle('\n', 'demo-1', redact)).toBe('demo-1');
  expect(pullTitle('hunter2hunter2 \u202e', 'demo-1', redact)).toBe('[redacted] \\u{202e}');
  expect(pullTitle('x'.repeat(300), 'demo-1', redact)).toHaveLength(256);
});

describe('comments', () => {
  it('of a conflict have its files and the commands with the real names', () => {
    const about = {
      base: 'master',
      branch: 'agent/demo-1',
      remote: 'origin',
      worktree: '../work trees/demo-1',
      files: ['a.ts', 'b `c`.ts'],
    };
    expect(conflictComment(about, markerOf('conflict', 'demo-1'))).toBe(
      [
        'This branch conflicts with `master`:',
        '- `a.ts`\n- ``b `c`.ts``',
        'To resolve it:',
        "```bash\ncd '../work trees/demo-1'\ngit fetch origin master\ngit rebase origin/master\ngit push --force-with-lease origin agent/demo-1\n```",
        'o8 verifies the branch again after the push.',
        '<!-- o8:conflict demo-1 -->',
      ].join('\n\n'),
    );
  });

  it('of a review have verdict, commit and what was said', () => {
    const about = { verdict: 'changes', head: 'a'.repeat(40), text: 'No test. @ann hunter2hunter2' } as const;
    expect(reviewComment(about, markerOf('review', 'demo-1'), redact)).toBe(
      '**Review of `aaaaaaaaaaaa`: changes needed**\n\n```text\nNo test. @ann [redacted]\n```\n\n<!-- o8:review demo-1 -->',
    );
    expect(reviewComment({ ...about, verdict: 'merge', text: '' }, marker, redact)).toContain(': merge**\n\n<!--');
  });
});

it('feedback quotes checks and reviewers', () => {
  const prompt = feedbackPrompt({
    url: 'https://github.com/acme/shop/pull/7',
    failed: [{ name: 'build\u001b[2J', outcome: 'failed', required: true, url: 'https://ci/1' }],
    requested: [
      {
        id: '1',
        by: 'ann',
        body: 'Too slow.\nReally.',
        lines: [
          { path: 'a.ts', line: 3, body: 'here' },
          { path: 'b.ts', line: null, body: '' },
        ],
      },
    ],
  });
  expect(prompt).toContain('These checks failed:\n- build\\u{1b}[2J (https://ci/1)\n\n');
  expect(prompt).toContain('ann requests changes:\n  > Too slow.\n  > Really.\n- a.ts:3\n  > here\n- b.ts\n');
});
