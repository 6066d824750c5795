import { describe, expect, it } from 'vitest';
import {
  integrationReport,
  integrationStatus,
  type CheckOutcome,
  type Integration,
} from '../../../../src/core/report/integration.js';

const check = (outcome: CheckOutcome, output = '') => ({
  name: 'Tests',
  command: 'make test',
  outcome,
  seconds: 1,
  output,
});
const task = (missing: boolean) => ({
  ...{ id: 'task-001', wave: 1, branch: 'feature/task-001', commits: 1, why: '', onBase: false },
  ...{ state: missing ? ('failed' as const) : ('complete' as const), missing },
});

const integration = (part: Partial<Integration>): Integration => ({
  ...{ name: 'Shop', runId: 'run-1', checkedAt: '2026-11-21T08:05:12.000Z', base: 'main', target: 'o8/run-1' },
  ...{ commit: 'a'.repeat(40), tasks: [task(false)], checks: [], trespasses: [], contracts: [] },
  ...part,
});

describe('the result of an integration', () => {
  it.each([
    ['passed', [task(false)], [check('passed')]],
    ['passed', [task(false)], [check('unavailable'), check('passed')]],
    ['unchecked', [task(false)], [check('unavailable')]],
    ['unchecked', [task(false)], [{ ...check('passed'), name: 'Setup' }]],
    ['unchecked', [task(false)], [{ ...check('unavailable'), name: 'Plan' }, check('passed')]],
    ['unchecked', [task(false)], [{ ...check('unavailable'), name: 'Given' }, check('passed')]],
    ['unchecked', [task(false)], []],
    ['incomplete', [task(false), task(true)], [check('passed')]],
    ['failed', [task(false)], [check('passed'), check('failed')]],
    ['failed', [task(true)], [check('failed')]],
  ] as const)('is %s', (status, tasks, checks) => {
    expect(integrationStatus({ tasks, checks })).toBe(status);
  });
});

describe('integration-report.md', () => {
  it('shows program output as text that cannot close a code block, end o8’s section or control a terminal', () => {
    const output = '\u001b[2Jred\n```\n<!-- o8: end -->\n| a | b |';
    const report = integrationReport(integration({ checks: [check('failed', output)] }));
    expect(report).toContain('### Tests: last output\n\n    ');
    expect(report).not.toContain('\u001b');
    expect(report).toContain('\n    ```\n    <!-- o8: end -->\n    | a | b |');
    expect(report).not.toMatch(/^<!-- o8: end -->/m);
  });

  it('names a contract on one line whatever its file is called', () => {
    const report = integrationReport(integration({ contracts: ['plan/contracts/a\n<!-- o8: end -->\n.md'] }));
    expect(report).not.toMatch(/^<!-- o8: end -->/m);
  });

  it('keeps a bar in a command inside its cell', () => {
    const piped = { ...check('passed'), command: 'make | tee log' };
    expect(integrationReport(integration({ checks: [piped] }))).toContain('| `make \\| tee log` |');
  });
});
