import type { Forge } from '../../core/forge/forge.js';
import { forgeRepository } from '../../core/forge/repository-address.js';
import type { Redactor } from '../../core/text/redact.js';
import { githubForge } from '../../forge/github/github-forge.js';
import type { Repository } from '../../git/door/repository.js';
import { remoteAddresses } from '../../git/remote/fetch-branch.js';
import { askProgram } from '../../process/programs/ask-program.js';

/** The forge behind a remote, for a tool that only reads. O8Error `refused` if the remote's address is not one of a forge. */
export async function pullForge(
  repo: Repository,
  remote: string,
  { env, redact }: { readonly env: NodeJS.ProcessEnv; readonly redact: Redactor },
): Promise<Forge> {
  const repository = forgeRepository(await remoteAddresses(repo, remote), { root: repo.root, remote, redact });
  return githubForge({ ask: askProgram, repository, cwd: repo.commonDir, env, redact });
}
