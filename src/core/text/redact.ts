/** Replaces secrets in a text with `[redacted]`. */
export type Redactor = (text: string) => string;

const REDACTED = '[redacted]';

/** Shorter values (`true`, `main`, a port) are too common in ordinary output to be replaced. */
const SHORTEST_SECRET = 8;

/** Not inside a word: `task-001-…` must not match an `sk-…` key. */
const START = '(?<![A-Za-z0-9_-])';

/** Published formats of keys and tokens; a captured group is kept before the replacement. */
const KEY_PATTERNS: readonly string[] = [
  `${START}()sk-ant-[A-Za-z0-9_-]{8,}`,
  `${START}()sk-(?=[A-Za-z0-9_-]*[0-9])[A-Za-z0-9_-]{20,}`,
  `${START}()gh[pousr]_[A-Za-z0-9]{20,}`,
  `${START}()github_pat_[A-Za-z0-9_]{20,}`,
  `${START}()glpat-[A-Za-z0-9_-]{16,}`,
  `${START}()npm_[A-Za-z0-9]{30,}`,
  `${START}()xox[abeoprs]-[A-Za-z0-9-]{10,}`,
  `${START}()AIza[A-Za-z0-9_-]{30,}`,
  `${START}()(?:AKIA|ASIA)[A-Z0-9]{16}`,
  `${START}()eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]+`,
  '([Bb]earer\\s{1,4})[A-Za-z0-9._~+/-]{12,}=*',
  '(://[^\\s/:@"]{1,256}:)[^\\s/:@"]{1,256}(?=@)',
  '()-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?',
];

const KEYS: readonly RegExp[] = KEY_PATTERNS.map((pattern) => new RegExp(pattern, 'g'));

/**
 * Replaces text in a published key format, and each of `knownSecretValues` (8 characters or longer): literally, as
 * escaped in JSON strings, and line by line.
 */
export function redactor(knownSecretValues: Iterable<string>): Redactor {
  const values = new Set([...knownSecretValues].flatMap(spellings).filter((value) => value.length >= SHORTEST_SECRET));
  // Longest first, so that a secret that contains another one is replaced completely.
  const alternatives = [...values].sort((a, b) => b.length - a.length).map(escapeForPattern);
  const known = alternatives.length === 0 ? null : new RegExp(alternatives.join('|'), 'g');
  return (text) => {
    const withoutKnown = known === null ? text : text.replace(known, REDACTED);
    return KEYS.reduce((line, key) => line.replace(key, `$1${REDACTED}`), withoutKnown);
  };
}

/** The values of environment variables whose names mark them as secret. */
export function secretValues(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && /KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH/i.test(name) ? [value] : [],
  );
}

function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return [...lines, ...lines.map((line) => JSON.stringify(line).slice(1, -1))];
}

function escapeForPattern(value: string): string {
  return value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
