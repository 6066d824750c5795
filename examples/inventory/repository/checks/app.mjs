import assert from 'node:assert/strict';
import { answer } from '../src/app.mjs';

export function check() {
  assert.deepEqual(answer('GET', '/health'), { status: 200, body: { ok: true } });
  assert.equal(answer('GET', '/nowhere').status, 404);
}
