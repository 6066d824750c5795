import { expect, it } from 'vitest';
import { whileItMoves } from '../../src/supervisor/merge/while-it-moves.js';

function rounds(...results: ('moved' | 'again' | 'done')[]) {
  const count = { value: 0 };
  const round = async () => Promise.resolve(results[count.value++] ?? 'done');
  return { count, round };
}

it('a commit is computed again while its branch moves, at most five times; other rounds do not count', async () => {
  const four = rounds('moved', 'moved', 'again', 'moved', 'again', 'again', 'moved', 'done');
  expect(await whileItMoves(four.round)).toBe('done');
  expect(four.count.value).toBe(8);
  const five = rounds('moved', 'moved', 'moved', 'moved', 'again', 'moved', 'done');
  expect(await whileItMoves(five.round)).toBe('keeps_moving');
  expect(five.count.value).toBe(6);
  const none = rounds('done');
  expect(await whileItMoves(none.round)).toBe('done');
  expect(none.count.value).toBe(1);
});
