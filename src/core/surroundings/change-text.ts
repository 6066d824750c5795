import type { Redactor } from '../text/redact.js';
import { shellQuote } from '../base/shell-quote.js';
import { printable } from '../text/untrusted-text.js';
import type { SettingChange } from './git-settings.js';

const MOST_VALUE = 120; // a value only has to be recognized

/** Keys whose values may be secret: headers, passwords, helpers that contain a token. */
const SECRET = /(?:^credential\.|\.extraheader$|password|token|secret|oauth|\.pass$)/i;
/** A user name or token in an address, also in a key such as `url.<address>.insteadOf`. */
const USER_IN_ADDRESS = /(:\/\/)[^/@\s]+(?=@)/g;

export interface ChangeText {
  /** `git config user.name changed from "Me" to "Robot"`. */
  readonly what: string;
  /** The command that restores it. */
  readonly putBack: string;
}

/** A change of git's configuration for people, without secrets; `saved` is the file with the earlier values. */
export function settingChangeText(change: SettingChange, saved: string, redact: Redactor): ChangeText {
  const { scope, key, before, after, inherited } = change;
  const name = `git config ${scope === 'local' ? '' : `--${scope} `}${shown(key, redact)}`;
  const values = (all: readonly (string | null)[]): string =>
    all.map((value) => (SECRET.test(key) ? '[redacted]' : `"${shown(value ?? 'true', redact)}"`)).join(', ');
  const what =
    before.length === 0
      ? inherited === undefined
        ? `${name} was set to ${values(after)} (not set before)`
        : `${name} changed from ${values([inherited])} (set elsewhere) to ${values(after)}`
      : after.length === 0
        ? `${name} was removed (it was ${values(before)})`
        : `${name} changed from ${values(before)} to ${values(after)}`;
  return { what, putBack: putBackCommand(change, saved, redact) };
}

/** Differences between the settings on disk and those o8's git uses. */
export type SettingsNow =
  | { readonly kind: 'as before' }
  | { readonly kind: 'changed'; readonly changes: readonly SettingChange[] }
  | { readonly kind: 'unreadable'; readonly message: string };

/** All differences for people; empty if nothing changed. */
export function settingTexts(
  now: SettingsNow,
  { commonDir, saved, redact }: { commonDir: string; saved: (file: string) => string; redact: Redactor },
): ChangeText[] {
  switch (now.kind) {
    case 'as before':
      return [];
    case 'changed':
      return now.changes.map((change) => settingChangeText(change, saved(change.file), redact));
    case 'unreadable':
      return [unreadableText(now.message, `${commonDir}/config`, saved)];
  }
}

/** git cannot read the repository's own settings. */
export function unreadableText(message: string, config: string, saved: (file: string) => string): ChangeText {
  const what = `the repository's git config can no longer be read (${printable(message)})`;
  return { what, putBack: `cp ${shellQuote(saved(config))} ${shellQuote(config)}` };
}

/** Changes the file itself, because git may not find the repository with the changed settings. */
function putBackCommand({ file, key, before, after }: SettingChange, saved: string, redact: Redactor): string {
  const config = `git config --file ${shellQuote(file)}`;
  const unset = `${config} --unset-all ${shellQuote(key)}`;
  const [only, ...more] = before;
  if (only === undefined) return isShowable(key, null, redact) ? unset : `cp ${shellQuote(saved)} ${shellQuote(file)}`;
  if (before.some((value) => !isShowable(key, value, redact))) return `cp ${shellQuote(saved)} ${shellQuote(file)}`;
  if (more.length === 0 && after.length <= 1) return `${config} ${shellQuote(key)} ${shellQuote(only ?? 'true')}`;
  const adds = before.map((value) => `${config} --add ${shellQuote(key)} ${shellQuote(value ?? 'true')}`);
  return [...(after.length === 0 ? [] : [unset]), ...adds].join(' && ');
}

/** A value that would be redacted or escaped cannot be used in a command. */
function isShowable(key: string, value: string | null, redact: Redactor): boolean {
  const texts = value === null ? [key] : [key, value];
  const hides = texts.some((text) => redacted(text, redact) !== text || printable(text) !== text);
  return !hides && (value === null || !SECRET.test(key));
}

function shown(text: string, redact: Redactor): string {
  const safe = printable(redacted(text, redact));
  return safe.length > MOST_VALUE ? `${safe.slice(0, MOST_VALUE)}…` : safe;
}

function redacted(text: string, redact: Redactor): string {
  return redact(text).replace(USER_IN_ADDRESS, '$1[redacted]');
}
