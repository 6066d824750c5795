import { expect, it } from 'vitest';
import { versionLine } from '../../../../src/core/text/version-line.js';

it('the version is the line that has one, whatever is said before it', () => {
  expect(versionLine('2.1.197 (Claude Code)\n')).toBe('2.1.197 (Claude Code)');
  expect(versionLine('WARNING: proceeding without /tmp\n\ncodex-cli 0.171.0\n')).toBe('codex-cli 0.171.0');
  expect(versionLine('no number\nat all')).toBe('no number');
  expect(versionLine('')).toBe('');
});
