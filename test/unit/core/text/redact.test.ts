import { describe, expect, it } from 'vitest';
import { redactor, secretValues } from '../../../../src/core/text/redact.js';

/** Put together here, so that no scanner of secrets takes the test for one. */
const key = (...parts: readonly string[]): string => parts.join('');
const LETTERS = 'abcdefghij0123456789ABCDEFGHIJ0123456789';

describe('redactor', () => {
  const redact = redactor([]);

  it.each([
    ['an Anthropic key', key('sk-', 'ant-api03-', LETTERS)],
    ['an OpenAI key', key('sk-', 'proj-', LETTERS)],
    ['a GitHub token', key('ghp', '_', LETTERS)],
    ['a fine-grained GitHub token', key('github', '_pat_', LETTERS)],
    ['a GitLab token', key('glpat', '-', LETTERS)],
    ['an npm token', key('npm', '_', LETTERS)],
    ['an AWS key', key('AKIA', 'ABCDEFGHIJ012345')],
    ['a Slack token', key('xoxb', '-1234567890-', LETTERS)],
    ['a Google key', key('AIza', LETTERS)],
    ['a JSON web token', key('eyJ', LETTERS, '.eyJ', LETTERS, '.', LETTERS)],
    ['a private key', key('-----BEGIN RSA ', 'PRIVATE KEY-----\\n', LETTERS, '\\n-----END RSA ', 'PRIVATE KEY-----')],
  ])('replaces %s', (_, secret) => {
    expect(redact(`before ${secret} after`)).toBe('before [redacted] after');
    expect(redact(`{"key":"${secret}"}`)).toBe('{"key":"[redacted]"}');
  });

  it('replaces a bearer token and a password in an address, and keeps what is around them', () => {
    expect(redact(`Authorization: Bearer ${LETTERS}==`)).toBe('Authorization: Bearer [redacted]');
    expect(redact('git clone https://ada:s3cr3t@example.com/x.git')).toBe(
      'git clone https://ada:[redacted]@example.com/x.git',
    );
  });

  it.each([
    'task-001-users-and-products-and-orders-42 is running',
    'https://example.com:8080/path?x=1@2',
    'disk-usage-of-the-whole-workspace-2026',
    'a bearer of news',
    '0123456789abcdef0123456789abcdef01234567',
  ])('leaves ordinary text alone: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('replaces known values wherever they are, the longer one first, also as JSON spells them', () => {
    const known = redactor(['correct horse', 'correct horse battery', 'with "quotes" and \\', 'a.b*c(d)']);
    expect(known('x correct horse battery y correct horse z')).toBe('x [redacted] y [redacted] z');
    expect(known(JSON.stringify({ a: 'with "quotes" and \\' }))).toBe('{"a":"[redacted]"}');
    expect(known('a.b*c(d) aXbbcd')).toBe('[redacted] aXbbcd');
  });

  it('replaces each line of a known value of several lines', () => {
    expect(redactor(['first line of it\nsecond line of it\n'])('> second line of it')).toBe('> [redacted]');
  });

  it('ignores known values shorter than 8 characters', () => {
    expect(redactor(['main', '', 'true', '       ', '1234567'])('main is true 1234567')).toBe('main is true 1234567');
  });
});

describe('secretValues', () => {
  it('takes the values of variables whose names say so', () => {
    const env = {
      ANTHROPIC_API_KEY: 'a',
      GH_TOKEN: 'b',
      DB_PASSWORD: 'c',
      PATH: '/usr/bin',
      HOME: '/home/ada',
      X_SECRET: undefined,
    };
    expect(secretValues(env)).toEqual(['a', 'b', 'c']);
  });
});
