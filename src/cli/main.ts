import { runCli } from './program.js';

const code = await runCli(process.argv.slice(2));
process.exitCode = code;
// Who pressed Ctrl+C twice is not kept waiting by what still goes on; what was printed goes out first.
if (code === 130) process.stdout.write('', () => process.exit(code));
