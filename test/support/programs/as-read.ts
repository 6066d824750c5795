import { O8Error } from '../../../src/core/base/errors.js';
import { spell, type Reader } from '../../../src/core/text/spelling.js';

/** The same, but an O8Error is thrown as this reader gets it: its hint is a string. */
export async function asRead<T>(work: Promise<T>, reader: Reader = 'terminal'): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof O8Error)) throw error;
    throw Object.assign(new O8Error(error.code, error.message, spell(error.hint, reader), error.faults), {
      stack: error.stack,
    });
  }
}
