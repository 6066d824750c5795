import { standInAgent } from './stand-in-agent.js';
import { standInBd } from './stand-in-bd.js';
import { standInGh } from './stand-in-gh.js';

/**
 * What `o8 test-recovery` puts in the place of bd, gh and an agent:
 *
 *   node stand-in.js bd <folder> <arguments of bd>
 *   node stand-in.js gh <folder> <bare repository> <arguments of gh>
 *   node stand-in.js agent <folder>
 */
async function standIn([role, folder = '', ...rest]: readonly string[]): Promise<number> {
  switch (role) {
    case 'bd':
      return standInBd(folder, rest);
    case 'gh':
      return standInGh(folder, rest[0] ?? '', rest.slice(1));
    case 'agent':
      return standInAgent(folder);
    default:
      process.stderr.write('Error: This program is a part of o8 test-recovery.\n');
      return 2;
  }
}

process.exitCode = await standIn(process.argv.slice(2));
