/*
 * Adds one to the number in a file, many times, reading and writing inside the critical section of the file.
 * Usage: node section-counter.mjs <file> <times>
 */
import { readFile, writeFile } from 'node:fs/promises';
import { criticalSection } from '../../../src/store/files/critical-section.js';

const [, , file = '', times = '0'] = process.argv;
const section = criticalSection(file);
for (let n = 0; n < Number(times); n += 1) {
  await section(async () => {
    const count = Number(await readFile(file, 'utf8'));
    await writeFile(file, String(count + 1));
  });
}
