import { O8Error } from '../../core/base/errors.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import type { Forge } from '../../core/forge/forge.js';
import { repositoryOfAddress } from '../../core/forge/repository-address.js';
import type { Redactor } from '../../core/text/redact.js';
import { githubForge } from '../../forge/github/github-forge.js';
import type { Repository } from '../../git/door/repository.js';
import { remoteAddresses } from '../../git/remote/fetch-branch.js';
import { askProgram } from '../../process/programs/ask-program.js';

/** The forge behind a remote of the repository. O8Error `refused` where its address names no repository there. */
export async function forgeAt(
  repo: Repository,
  remote: string,
  { env, redact }: { readonly env: NodeJS.ProcessEnv; readonly redact: Redactor },
): Promise<Forge> {
  const addresses = await remoteAddresses(repo, remote);
  const [repository] = addresses.flatMap((each) => repositoryOfAddress(each) ?? []);
  if (repository === undefined) {
    const [address] = addresses;
    const what =
      address === undefined ? `has no remote ${remote}` : `has no address of a forge for ${remote}: ${redact(address)}`;
    throw new O8Error(
      'refused',
      `${repo.root} ${what}`,
      `git remote set-url ${shellQuote(remote)} https://github.com/<owner>/<name>.git`,
    );
  }
  return githubForge({ ask: askProgram, repository, cwd: repo.commonDir, env, redact });
}
