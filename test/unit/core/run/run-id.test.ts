import { describe, expect, it } from 'vitest';
import { nextRunId } from '../../../../src/core/run/run-id.js';

const NOW = new Date('2026-11-21T08:05:59.345Z');

describe('the id of a new run', () => {
  it.each([
    ['the first', null, '20261121-080559-00ff'],
    ['one after an older run', '20261120-235959-ffff', '20261121-080559-00ff'],
    ['one within the second of the newest', '20261121-080559-ffff', '20261121-080600-00ff'],
    ['one after the clock was set back', '20261231-235959-0000', '20270101-000000-00ff'],
    ['one after a folder that is no run', 'backup', '20261121-080559-00ff'],
    ['one after a folder with an impossible time', '20269999-996199-0000', '20261121-080559-00ff'],
  ])('is of now, or of the second after the newest: %s', (_, newest, id) => {
    expect(nextRunId(NOW, newest, '00ff')).toBe(id);
  });
});
