import assert from 'node:assert/strict';
import { Store } from '../src/store.mjs';

export function check() {
  const store = new Store();
  store.add({ id: 'a' });
  assert.deepEqual(store.find('a'), { id: 'a' });
  assert.equal(store.find('b'), null);
  assert.throws(() => store.add({ id: 'a' }), /already/);
}
