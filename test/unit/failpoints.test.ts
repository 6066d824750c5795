import { describe, expect, it } from 'vitest';
import { FAILPOINTS } from '../../src/core/failpoint.js';
import { sourceFiles } from '../support/source-files.js';
import { effectsWithoutFailpoints, failpointCalls } from '../support/source-failpoints.js';

const EXEMPT: Readonly<Record<string, string>> = {};

describe('x', () => {
  it('lists', () => {
    console.log(effectsWithoutFailpoints(sourceFiles()).join('\n'));
    const called = failpointCalls(sourceFiles()).map(({ name }) => name);
    expect(new Set(called)).toEqual(new Set(FAILPOINTS));
    expect(EXEMPT).toEqual({});
  });
});
