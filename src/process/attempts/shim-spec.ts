import { readFileSync } from 'node:fs';
import { O8Error } from '../../core/base/errors.js';
import { errorCode } from '../base/error-code.js';

/** What a shim starts; `spec.json` of an attempt. The environment is not in it: the shim has it as its own. */
export interface ShimSpec {
  readonly version: 1;
  readonly attemptId: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** File the agent reads as stdin; null for an empty stdin. */
  readonly stdin: string | null;
  readonly timeoutMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly killAfterMs: number;
}

/** The variable, with the attempt's id as its value, that marks everything an attempt starts. */
export const MARKER = 'O8_ATTEMPT';

/** Carries the agent's NODE_OPTIONS past the shim, which they could keep from starting (a relative --require). */
export const AGENT_NODE_OPTIONS = 'O8_AGENT_NODE_OPTIONS';

/**
 * Reads and checks `spec.json` by hand: the shim does without a schema library. Null when there is no such file,
 * O8Error `journal_damaged` when it is not a spec.
 */
export function readShimSpec(path: string): ShimSpec | null {
  const text = readText(path);
  if (text === null) return null;
  const spec = parse(text);
  if (isShimSpec(spec)) return spec;
  throw new O8Error('journal_damaged', `${path} is damaged: not the spec of an attempt.`, `Look at it: cat '${path}'`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

function isShimSpec(value: unknown): value is ShimSpec {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    value.version === 1 &&
    'attemptId' in value &&
    typeof value.attemptId === 'string' &&
    'argv' in value &&
    Array.isArray(value.argv) &&
    value.argv.length > 0 &&
    value.argv.every((argument) => typeof argument === 'string') &&
    'cwd' in value &&
    typeof value.cwd === 'string' &&
    'stdin' in value &&
    (value.stdin === null || typeof value.stdin === 'string') &&
    'timeoutMs' in value &&
    typeof value.timeoutMs === 'number' &&
    'killAfterMs' in value &&
    typeof value.killAfterMs === 'number'
  );
}
