import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRepository, type TestRepository } from '../git/repository.js';
import { gitOutput } from '../git/scratch-git.js';
import { GitHub, TOKEN, VIEWER } from './github.js';

/** Why tests that run the real gh cannot; null when they can. */
export function whyNoGh(): string | null {
  const { status } = spawnSync('gh', ['--version'], { stdio: 'ignore' });
  return status === 0 ? null : 'gh is not installed: sudo apt-get install gh';
}

/** A repository with a GitHub of its own, and the environment in which gh and git find it. */
export interface GitHubFixture {
  readonly repository: TestRepository;
  /** The bare repository behind the remote `origin`, which is git@github.com:acme/shop.git. */
  readonly bare: string;
  readonly github: GitHub;
  /** For gh and for whatever runs it: nothing of the machine's own login, settings or cache. */
  readonly env: Readonly<Record<string, string>>;
  /** `gh` itself in the checkout, as a person or an agent runs it. */
  readonly gh: (...args: readonly string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>;
  readonly logOut: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

export async function githubFixture(
  files: Readonly<Record<string, string>> = { 'a.txt': 'a\n' },
): Promise<GitHubFixture> {
  return attachGitHub(await createRepository({ files }));
}

/** Gives a repository a GitHub of its own; `remove` takes both away. */
export async function attachGitHub(repository: TestRepository): Promise<GitHubFixture> {
  // A socket's path is at most 104 characters on macOS, whose temporary folder alone takes half of them.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'o8-gh-')));
  const bare = join(folder, 'shop.git');
  gitOutput(folder, ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  // `origin` has GitHub's address, by which gh finds the repository; what git takes for ssh goes to the bare one.
  const ssh = join(folder, 'ssh');
  await writeFile(ssh, `#!/bin/sh\n[ "$1" = git@github.com ] || exit 255\nexec "\${2%% *}" "${bare}"\n`, {
    mode: 0o755,
  });
  await repository.git(['remote', 'add', 'origin', 'git@github.com:acme/shop.git']);
  await repository.git(['config', 'core.sshCommand', ssh]);
  await repository.git(['config', 'ssh.variant', 'simple']);
  await repository.git(['push', '--quiet', 'origin', 'main']);
  await repository.git(['fetch', '--quiet', 'origin']);

  const socket = join(folder, 's');
  const github = await GitHub.start({ socket, bare });
  const [config, home, temporary] = [join(folder, 'config'), join(folder, 'home'), join(folder, 'tmp')];
  for (const path of [config, home, temporary]) await mkdir(path);
  await writeFile(join(config, 'config.yml'), `http_unix_socket: ${socket}\nprompt: disabled\n`);
  const hosts = join(config, 'hosts.yml');
  await writeFile(hosts, `github.com:\n    oauth_token: ${TOKEN}\n    user: ${VIEWER}\n    git_protocol: https\n`);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    GH_CONFIG_DIR: config,
    TMPDIR: temporary, // gh keeps what it asked for there for a day
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_STATE_HOME: join(home, '.state'),
    XDG_DATA_HOME: join(home, '.data'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GH_PROMPT_DISABLED: '1',
    GH_NO_UPDATE_NOTIFIER: '1',
    NO_COLOR: '1',
    LC_ALL: 'C',
  };
  return {
    repository,
    bare,
    github,
    env,
    gh: (...args) => runGh(args, repository.root, env),
    logOut: () => writeFile(hosts, ''),
    async remove() {
      await github.disconnect();
      await repository.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Not the synchronous way: its GitHub is in this process. */
async function runGh(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('gh', [...args], { cwd, env, timeout: 30_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr });
    });
  });
}
