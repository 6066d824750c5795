import { inTerminal, o8 } from '../../../../src/core/base/text.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { O8Error } from '../../../../src/core/base/errors.js';
import { reportError } from '../../../../src/core/text/report-error.js';
import { boundedMessage, clipped, lastWithin, MODEL_BYTES } from '../../../../src/core/text/bounds.js';
import { quotedOutput } from '../../../../src/core/text/quoted-output.js';
import { tailForModel } from '../../../../src/core/text/tail-for-model.js';

const bytes = (lines: readonly string[]): number => Buffer.byteLength(lines.join('\n'));

describe('tailForModel', () => {
  it('gives the last lines that fit into 16 KB and says that there were more', () => {
    const log = Array.from({ length: 1000 }, (_, index) => `${String(index)} ${'é'.repeat(100)}`);
    const tail = tailForModel(log);
    expect(bytes(tail)).toBeLessThanOrEqual(MODEL_BYTES);
    expect(tail[0]).toBe('… (earlier output omitted)');
    expect(tail.at(-1)).toBe(log.at(-1));
    expect(tail.length).toBeGreaterThan(70);
  });

  it('gives the end of one line that is too long alone', () => {
    const tail = tailForModel([`${'x'.repeat(3_000_000)}é the end`]);
    expect(bytes(tail)).toBeLessThanOrEqual(MODEL_BYTES);
    expect(tail[1]).toMatch(/^…x+é the end$/);
  });

  it('leaves a short log as it is', () => {
    expect(tailForModel(['a', '', 'b'])).toEqual(['a', '', 'b']);
    expect(tailForModel([])).toEqual([]);
  });

  it('never gives more than its bytes, and only whole characters', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 10 }),
        fc.integer({ min: 8, max: 64 }),
        (lines, most) => {
          const kept = lastWithin(lines, most);
          expect(bytes(kept.lines)).toBeLessThanOrEqual(most);
          expect(kept.lines.join('')).not.toContain('\ufffd');
          expect(kept.more || kept.lines.length === lines.length).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('an error that quotes what somebody gave', () => {
  const huge = 'x'.repeat(3_000_000);

  it('says how long it was and does not repeat it', () => {
    const report = reportError(new O8Error('usage', `There is no task ${huge}.`, o8('logs', [huge], { task: huge })));
    expect(JSON.stringify(report).length).toBeLessThan(4000);
    expect(report.message).toContain('… (3000018 characters)');
  });

  it('is bounded in lines, faults and in what a bug says', () => {
    const fault = { file: huge, problem: huge, fix: huge };
    const faults = Array.from({ length: 400 }, () => fault);
    const report = reportError(new O8Error('invalid_plan', Array(500_000).fill('line').join('\n'), '', faults));
    expect(Buffer.byteLength(inTerminal(report.message))).toBeLessThan(MODEL_BYTES + 100);
    expect(report.message).toMatch(/… \(\d+ more lines\)$/);
    expect(report.faults).toHaveLength(50);
    expect(JSON.stringify(report.faults).length).toBeLessThan(100_000);
    expect(inTerminal(reportError(new Error(huge)).message).length).toBeLessThan(1200);
  });

  it('keeps a message of ordinary length as it is', () => {
    const message = 'It failed:\n  one\n  two';
    expect(boundedMessage(message)).toBe(message);
    expect(clipped('short')).toBe('short');
    expect(clipped(`${'x'.repeat(79)}👍`)).toBe(`${'x'.repeat(79)}… (81 characters)`);
  });
});

describe('quotedOutput', () => {
  it('gives the last lines without colours, empty ends and earlier states of a progress display', () => {
    const output = '\n  start\n10%\r50%\r100%\r\n\u001b[31mError:\u001b[0m no database\n\n';
    expect(quotedOutput(output)).toEqual(['  start', '100%', 'Error: no database']);
  });

  it('is short whatever was printed', () => {
    const lines = quotedOutput(`${'long '.repeat(1_000_000)}\n`.repeat(3));
    expect(bytes(lines)).toBeLessThanOrEqual(1500);
    expect(quotedOutput(Array.from({ length: 100 }, (_, index) => String(index)).join('\n'))).toHaveLength(12);
    expect(quotedOutput('')).toEqual([]);
    expect(quotedOutput('\n\r\n \n')).toEqual([]);
  });
});
