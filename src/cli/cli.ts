import { armFailpoint } from '../process/base/arm-failpoint.js';
import { runCli } from './program.js';

armFailpoint();

// `o8 logs … | head`: whoever reads has seen enough; a run goes on by itself.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const code = await runCli(process.argv.slice(2));
process.exitCode = code;
// Who pressed Ctrl+C twice is not kept waiting by what still goes on; what was printed goes out first.
if (code === 130) process.stdout.write('', () => process.exit(code));
