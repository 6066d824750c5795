import { sanitizeLine } from '../../core/text/terminal-text.js';
import { tryGit } from './execute.js';

/** git's default signing programs; a repository's own settings must not choose others. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'gpg.format': 'openpgp',
  'gpg.program': 'gpg',
  'gpg.openpgp.program': 'gpg',
  'gpg.x509.program': 'gpgsm',
  'gpg.ssh.program': 'ssh-keygen',
  'gpg.ssh.defaultKeyCommand': '',
};

/**
 * The git settings (`key=value`) for signing as the user does elsewhere; null if the user does not sign commits. The
 * repository's settings are ignored, because an agent can change them and they can start programs.
 */
export async function signingConfig(cwd: string): Promise<string[] | null> {
  if ((await userSetting(cwd, ['--type=bool'], 'commit.gpgSign')) !== 'true') return null;
  const entries = Object.entries(PROGRAMS).map(async ([key, standard]) => {
    const fallback =
      key === 'gpg.openpgp.program' ? ((await userSetting(cwd, [], 'gpg.program')) ?? standard) : standard;
    return `${key}=${(await userSetting(cwd, [], key)) ?? fallback}`;
  });
  return Promise.all(entries);
}

/** The setting and the signing program in this configuration, as `gpg.program gpg`; printable. */
export function signingProgram(config: readonly string[]): string {
  const value = (key: string): string =>
    config.find((entry) => entry.startsWith(`${key}=`))?.slice(key.length + 1) ?? '';
  const format = value('gpg.format');
  const key = format === 'openpgp' ? 'gpg.program' : `gpg.${format}.program`;
  return sanitizeLine(`${key} ${value(format === 'openpgp' ? 'gpg.openpgp.program' : key)}`);
}

async function userSetting(cwd: string, type: readonly string[], key: string): Promise<string | null> {
  const result = await tryGit(['config', '--global', ...type, '--get', key], { cwd });
  return result.code === 0 ? result.stdout.trim() : null;
}
