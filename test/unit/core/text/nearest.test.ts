import { describe, expect, it } from 'vitest';
import { nearest } from '../../../../src/core/text/nearest.js';

describe('the nearest names', () => {
  it('are those that contain what was typed, then those with the fewest other letters', () => {
    const names = ['user-auth', 'dashboard', 'TS-0042-inventory', 'notifications'];
    expect(nearest('user-aut', names)[0]).toBe('user-auth');
    expect(nearest('inventory', names)[0]).toBe('TS-0042-inventory');
    expect(nearest('Dashbord', names)[0]).toBe('dashboard');
    expect(nearest('usre-auth', names)[0]).toBe('user-auth');
  });

  it('are at most three, in an order that does not depend on the list, and none of nothing', () => {
    expect(nearest('a', ['d', 'c', 'b', 'e'])).toEqual(['b', 'c', 'd']);
    expect(nearest('x', [])).toEqual([]);
    expect(nearest('', ['ab', 'a'])).toEqual(['a', 'ab']);
  });
});
