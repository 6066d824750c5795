// Loads every module of src/ and runs every check of checks/; exit code 1 when one of them fails.
import { readdirSync } from 'node:fs';

const only = process.argv[2] ?? '';
let failures = 0;

for (const name of modulesIn('src')) await attempt(`src/${name}`, () => load(`src/${name}`));
for (const name of modulesIn('checks').filter((file) => file.startsWith(only))) {
  await attempt(`checks/${name}`, async () => (await load(`checks/${name}`)).check());
}

console.log(failures === 0 ? 'all checks pass' : `${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;

/** @param {string} folder */
function modulesIn(folder) {
  const files = readdirSync(new URL(folder, import.meta.url), { recursive: true, encoding: 'utf8' });
  return files.filter((name) => name.endsWith('.mjs'));
}

/** @type {(file: string) => Promise<{ check: () => unknown }>} */
async function load(file) {
  return import(new URL(file, import.meta.url).href);
}

/** @type {(name: string, work: () => Promise<unknown>) => Promise<void>} */
async function attempt(name, work) {
  try {
    await work();
    console.log(`ok      ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED  ${name}: ${String(error)}`);
  }
}
