import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { ResponsesApi } from './responses-api.js';

const PACKAGES = resolve(import.meta.dirname, '../../e2e/node_modules/@openai');

/** The real Codex CLI: the program of this platform, as the package ships it. */
export function codexProgram(): string {
  const vendor = join(PACKAGES, `codex-${process.platform}-${process.arch}`, 'vendor');
  const folders = existsSync(vendor) ? readdirSync(vendor) : [];
  const program = folders.map((name) => join(vendor, name, 'bin', 'codex')).find((path) => existsSync(path));
  if (program === undefined) throw new Error(`No Codex CLI in ${vendor}. Run: node scripts/install-e2e.mjs`);
  return program;
}

/**
 * A clean environment in which `codex` is the real CLI: no login, no settings, no session of the person who runs the
 * tests, and no way out of this machine.
 */
export function codexEnvironment(home: string): Record<string, string> {
  return {
    PATH: [dirname(codexProgram()), dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
    HOME: home,
    LANG: 'C.UTF-8',
    TMPDIR: process.env['TMPDIR'] ?? '/tmp',
    SCRIPTED_KEY: 'no-key',
    HTTPS_PROXY: 'http://127.0.0.1:9', // nobody listens at the discard port
    NO_PROXY: '127.0.0.1',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'worker',
    GIT_AUTHOR_EMAIL: 'worker@localhost',
    GIT_COMMITTER_NAME: 'worker',
    GIT_COMMITTER_EMAIL: 'worker@localhost',
  };
}

/** `agent` of o8's settings: Codex, with the scripted model. */
export function codexAgent(api: ResponsesApi): Record<string, unknown> {
  const provider = {
    name: 'scripted',
    base_url: api.url,
    wire_api: 'responses',
    env_key: 'SCRIPTED_KEY',
    request_max_retries: 1,
    stream_max_retries: 1,
  };
  return {
    kind: 'codex',
    model: 'scripted-model',
    settings: { model_provider: 'scripted', model_providers: { scripted: provider } },
  };
}
