import { appendFile, copyFile, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { redactor } from '../../../src/core/text/redact.js';
import { attemptPaths } from '../../../src/store/files/paths.js';
import { openPipelineLog } from '../../../src/store/logs/pipeline-log.js';
import { homeOf, temporaryRoot } from '../../support/runs/store-fixture.js';

const NOW = new Date('2026-11-21T08:05:12.000Z');
const LATER = new Date('2026-11-21T08:05:13.000Z');
const AT = '[2026-11-21T08:05:12.000Z]';

async function attempt() {
  const paths = attemptPaths(homeOf(await temporaryRoot()), 'run-1', 'task-001', 1);
  return { ...paths, position: join(paths.dir, 'pipeline.position.json') };
}

async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).trimEnd().split('\n');
}

/** The lines of a log without their times. */
async function textsOf(path: string): Promise<string[]> {
  return (await linesOf(path)).map((line) => line.replace(/^\[\d{4}-.*?\] /, ''));
}

describe('the pipeline log', () => {
  it('has a first line, every line of both streams with its time, and a last line', async () => {
    const paths = await attempt();
    const log = await openPipelineLog(paths, 'task-001');
    expect(await log.pump(NOW)).toEqual({ lines: [], output: [] });
    await writeFile(paths.output, 'one\ntwo\n\nnot yet');
    await writeFile(paths.errors, 'a warning\n');
    expect(await log.pump(NOW)).toEqual({
      lines: [
        { stream: 'stdout', text: 'one' },
        { stream: 'stdout', text: 'two' },
        { stream: 'stdout', text: '' },
        { stream: 'stderr', text: 'a warning' },
      ],
      output: ['one', 'two', ''],
    });
    expect(await log.pump(NOW)).toEqual({ lines: [], output: [] });
    await log.finish(LATER, 0);
    expect(await linesOf(paths.log)).toEqual([
      'Pipeline started for task-001',
      `${AT} [stdout] one`,
      `${AT} [stdout] two`,
      `${AT} [stdout] `,
      `${AT} [stderr] a warning`,
      '[2026-11-21T08:05:13.000Z] [stdout] not yet',
      'Pipeline completed with exit code 0',
    ]);
    for (const file of [paths.log, paths.position]) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(paths.dir)).mode & 0o777).toBe(0o700);
  });

  it('is finished once, also when it is opened again', async () => {
    const paths = await attempt();
    const log = await openPipelineLog(paths, 'task-001');
    await log.finish(NOW, 7);
    const again = await openPipelineLog(paths, 'task-001');
    await writeFile(paths.output, 'after the end\n');
    expect(await again.pump(NOW)).toEqual({ lines: [], output: [] });
    await again.finish(LATER, 0);
    expect(await linesOf(paths.log)).toEqual(['Pipeline started for task-001', 'Pipeline completed with exit code 7']);
  });

  it('continues where it was after the process that wrote it was killed', async () => {
    const paths = await attempt();
    await (await openPipelineLog(paths, 'task-001')).pump(NOW);
    await writeFile(paths.output, 'one\n');
    await (await openPipelineLog(paths, 'task-001')).pump(NOW);
    await appendFile(paths.output, 'two\n');
    expect(await (await openPipelineLog(paths, 'task-001')).pump(NOW)).toEqual({
      lines: [{ stream: 'stdout', text: 'two' }],
      output: ['two'],
    });
    expect(await textsOf(paths.log)).toEqual(['Pipeline started for task-001', '[stdout] one', '[stdout] two']);
  });

  it('neither repeats nor drops a line when it was killed between its two writes', async () => {
    const paths = await attempt();
    const log = await openPipelineLog(paths, 'task-001');
    const expected = ['Pipeline started for task-001'];
    for (let round = 0; round < 5; round += 1) {
      await appendFile(paths.output, `out ${round}\nhalf of`);
      await appendFile(paths.errors, `err ${round}\n`);
      // The log is written, the position is not: as it was before the pump.
      await copyFile(paths.position, `${paths.position}.before`);
      await (round === 0 ? log : await openPipelineLog(paths, 'task-001')).pump(NOW);
      await copyFile(`${paths.position}.before`, paths.position);
      expected.push(`[stdout] ${round === 0 ? '' : ' the line'}out ${round}`, `[stderr] err ${round}`);
      if (round > 0) expected.splice(-2, 1, `[stdout] half of the line`, `[stdout] out ${round}`);

      const next = await openPipelineLog(paths, 'task-001');
      expect((await linesOf(paths.log)).length).toBeLessThan(expected.length);
      await next.pump(LATER);
      expect(await textsOf(paths.log)).toEqual(expected);
      await appendFile(paths.output, ' the line\n');
    }
  });

  it('writes the last line once when it was killed while finishing', async () => {
    const paths = await attempt();
    const log = await openPipelineLog(paths, 'task-001');
    await writeFile(paths.output, 'one\nrest');
    await log.pump(NOW);
    await copyFile(paths.position, `${paths.position}.before`);
    await log.finish(NOW, 0);
    await copyFile(`${paths.position}.before`, paths.position);
    await (await openPipelineLog(paths, 'task-001')).finish(NOW, 0);
    expect(await textsOf(paths.log)).toEqual([
      'Pipeline started for task-001',
      '[stdout] one',
      '[stdout] rest',
      'Pipeline completed with exit code 0',
    ]);
  });

  it.each([
    ['its position is gone', async (paths: { position: string }) => rm(paths.position)],
    ['its position is cut short', async (paths: { position: string }) => truncate(paths.position, 5)],
    ['its own end is gone', async (paths: { log: string }) => truncate(paths.log, 40)],
  ])('is made again from what the agent wrote when %s', async (_, damage) => {
    const paths = await attempt();
    await writeFileOf(paths, 'one\ntwo\n');
    await (await openPipelineLog(paths, 'task-001')).pump(NOW);
    await damage(paths);
    await (await openPipelineLog(paths, 'task-001')).pump(LATER);
    expect(await textsOf(paths.log)).toEqual(['Pipeline started for task-001', '[stdout] one', '[stdout] two']);
  });

  it('continues at the end of a log that somebody emptied meanwhile', async () => {
    const paths = await attempt();
    const log = await openPipelineLog(paths, 'task-001');
    await truncate(paths.log);
    await writeFile(paths.output, 'one\n');
    await log.pump(NOW);
    await appendFile(paths.output, 'two\n');
    await log.pump(NOW);
    expect(await textsOf(paths.log)).toEqual(['[stdout] one', '[stdout] two']);
  });

  it('cuts a giant line at 64 KB between characters and loses nothing of it', async () => {
    const paths = await attempt();
    const log = await openPipelineLog(paths, 'task-001');
    const giant = '日本語'.repeat(50_000);
    await writeFile(paths.output, `${giant}\nnext\n`);
    const { lines } = await log.pump(NOW);
    const texts = lines.map(({ text }) => text);
    expect(texts.at(-1)).toBe('next');
    expect(texts.slice(0, -1).join('')).toBe(giant);
    for (const text of texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
    expect(texts).toHaveLength(Math.ceil(450_000 / 65_535) + 1);
  });

  it('takes output without any newline in parts instead of holding it back', async () => {
    const paths = await attempt();
    const log = await openPipelineLog(paths, 'task-001');
    const endless = 'é'.repeat(1_600_000);
    await writeFile(paths.output, endless);
    const first = await log.pump(NOW);
    expect(first.lines.length).toBeGreaterThan(0);
    await log.finish(NOW, 0);
    const texts = (await textsOf(paths.log)).slice(1, -1).map((line) => line.replace('[stdout] ', ''));
    expect(texts.join('')).toBe(endless);
  });

  it('passes no control character and no secret on, also where a line is cut', async () => {
    const paths = await attempt();
    const secret = 'the known secret value';
    const log = await openPipelineLog(paths, 'task-001', redactor([secret]));
    await writeFile(paths.output, `\u001b[31mred\u001b[0m\r ${secret}\u0007\r\n${'x'.repeat(65_530)}${secret}\n`);
    const { lines } = await log.pump(NOW);
    expect(lines[0]?.text).toBe('red [redacted]');
    expect(
      lines
        .slice(1)
        .map(({ text }) => text)
        .join(''),
    ).toBe(`${'x'.repeat(65_530)}[redacted]`);
  });
});

async function writeFileOf(paths: Awaited<ReturnType<typeof attempt>>, text: string): Promise<void> {
  await openPipelineLog(paths, 'task-001');
  await writeFile(paths.output, text);
}
