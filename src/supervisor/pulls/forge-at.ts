import { O8Error } from '../../core/base/errors.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import type { Forge } from '../../core/forge/forge.js';
import { repositoryOfAddress } from '../../core/forge/repository-address.js';
import type { Redactor } from '../../core/text/redact.js';
import { githubForge } from '../../forge/github/github-forge.js';
import type { Repository } from '../../git/door/repository.js';
import { remoteAddress } from '../../git/remote/fetch-branch.js';
import { runToEnd } from '../../process/programs/run-to-end.js';

/** The forge behind a remote of the repository. O8Error `refused` where its address names no repository there. */
export async function forgeAt(
  repo: Repository,
  remote: string,
  { env, redact }: { readonly env: NodeJS.ProcessEnv; readonly redact: Redactor },
): Promise<Forge> {
  const address = await remoteAddress(repo, remote);
  const repository = address === null ? null : repositoryOfAddress(address);
  if (repository === null) {
    const what =
      address === null ? `has no remote ${remote}` : `has no address of a forge for ${remote}: ${redact(address)}`;
    throw new O8Error(
      'refused',
      `${repo.root} ${what}`,
      `git remote set-url ${shellQuote(remote)} https://github.com/<owner>/<name>.git`,
    );
  }
  return githubForge({ run: runToEnd, repository, cwd: repo.commonDir, env, redact });
}
