import { spelled, type Spelled } from '../core/text/spelling.js';
import { ErrorCode } from '@modelcontextprotocol/sdk/types.js';
import { O8Error } from '../core/base/errors.js';
import { reportError, type ErrorReport } from '../core/text/report-error.js';

/** The protocol's error code for an unknown resource. */
const RESOURCE_NOT_FOUND = -32002;

/**
 * A protocol error whose data has o8's code, message and hint. Not the SDK's McpError, which puts its number in front of
 * the message in both server and client.
 */
class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  constructor(
    readonly code: number,
    readonly data: Spelled<ErrorReport>,
  ) {
    super(`${data.message} (${data.hint})`);
  }
}

/** For an unknown address; `hint` is the next step. */
export function noResource(message: string, hint: string): Error {
  return new ProtocolError(RESOURCE_NOT_FOUND, { code: 'no_resource', message, hint });
}

/** For prompts and resources: unlike tools they can only fail with a protocol error. */
export function protocolError(error: unknown): Error {
  return error instanceof ProtocolError
    ? error
    : new ProtocolError(numberOf(error), spelled(reportError(error), 'chat'));
}

function numberOf(error: unknown): number {
  if (!(error instanceof O8Error)) return ErrorCode.InternalError;
  switch (error.code) {
    case 'no_run':
    case 'unknown_task':
      return RESOURCE_NOT_FOUND;
    case 'usage':
      return ErrorCode.InvalidParams;
    default:
      return ErrorCode.InternalError;
  }
}
