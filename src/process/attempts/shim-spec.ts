import { readFileSync } from 'node:fs';
import { O8Error } from '../../core/base/errors.js';
import { jsonValue } from '../../core/base/json-value.js';
import { shellQuote } from '../../core/base/shell-quote.js';
import { errorCode } from '../../core/base/error-code.js';

/** What a shim starts; `spec.json` of an attempt. The environment is not included: the shim inherits it. */
export interface ShimSpec {
  readonly version: 1;
  readonly attemptId: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** File used as the agent's stdin; null for an empty stdin. */
  readonly stdin: string | null;
  readonly timeoutMs: number;
  /** Time between SIGTERM and SIGKILL. */
  readonly killAfterMs: number;
}

/** Environment variable that marks every process of an attempt; its value is the attempt's id. */
export const MARKER = 'O8_ATTEMPT';

/** Passes on the agent's NODE_OPTIONS, which could prevent the shim from starting (a relative --require). */
export const AGENT_NODE_OPTIONS = 'O8_AGENT_NODE_OPTIONS';

/**
 * Reads and validates `spec.json` without a schema library, to keep the shim small. Null if the file does not exist,
 * O8Error `journal_damaged` if it is invalid.
 */
export function readShimSpec(path: string): ShimSpec | null {
  const text = readText(path);
  if (text === null) return null;
  const spec = jsonValue(text);
  if (isShimSpec(spec)) return spec;
  throw new O8Error('journal_damaged', `${path} is damaged: not the spec of an attempt.`, `cat ${shellQuote(path)}`);
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
