import { o8, text } from '../base/text.js';
import { O8Error } from '../base/errors.js';

export function noPullRequests(): O8Error {
  return new O8Error(
    'refused',
    "merge.into 'pr' is not in this version: it does not open pull requests.",
    text`Run '${o8('config set', ['merge.into', 'integration'])}', or change merge.into in the manifest's 'o8' block.`,
  );
}
