/**
 * A file's whole text, or what makes the new text of the old one.
 *
 * @typedef {string | ((before: string) => string)} Change
 */

/**
 * One commit.
 *
 * @typedef {{ message: string, files: Record<string, Change> }} Step
 */

/**
 * What the demo's agent does for each task of examples/inventory and of the README's first run, as commits.
 *
 * @type {Record<string, Step[]>}
 */
export const WORK = {
  'task-001': [
    {
      message: 'Add users',
      files: {
        'src/users.mjs': `
/** @param {import('./store.mjs').Store<{ id: string, name: string }>} store */
export function createUsers(store) {
  return {
    /** @param {{ id: string, name: string }} user */
    register({ id, name }) {
      if (name.trim() === '') throw new Error('a user needs a name');
      return store.add({ id, name });
    },
    /** @param {string} id */
    find: (id) => store.find(id),
  };
}
`,
      },
    },
    {
      message: 'Check users',
      files: {
        'checks/users.mjs': `
import assert from 'node:assert/strict';
import { Store } from '../src/store.mjs';
import { createUsers } from '../src/users.mjs';

export function check() {
  const users = createUsers(new Store());
  users.register({ id: 'ada', name: 'Ada' });
  assert.equal(users.find('ada')?.name, 'Ada');
  assert.equal(users.find('bob'), null);
  assert.throws(() => users.register({ id: 'bob', name: ' ' }), /name/);
}
`,
      },
    },
  ],
  'task-002': [
    {
      message: 'Add products',
      files: {
        'src/products.mjs': `
/** @param {import('./store.mjs').Store<{ id: string, name: string, cents: number, stock: number }>} store */
export function createProducts(store) {
  return {
    /** @param {{ id: string, name: string, cents: number, stock: number }} product */
    add(product) {
      if (product.cents < 0) throw new Error('a price is not negative');
      if (product.stock < 0) throw new Error('stock is not negative');
      return store.add({ ...product });
    },
    /** @param {string} id */
    find: (id) => store.find(id),
  };
}
`,
      },
    },
    {
      message: 'Take products out of stock',
      files: {
        'src/products.mjs': (before) =>
          before.replace(
            '    find: (id) => store.find(id),\n',
            `    find: (id) => store.find(id),
    /** @type {(id: string, count: number) => void} */
    take(id, count) {
      const product = store.find(id);
      if (product === null) throw new Error('there is no product ' + id);
      if (product.stock < count) throw new Error('only ' + product.stock + ' left of ' + id);
      product.stock -= count;
    },
`,
          ),
      },
    },
    {
      message: 'Check products',
      files: {
        'checks/products.mjs': `
import assert from 'node:assert/strict';
import { createProducts } from '../src/products.mjs';
import { Store } from '../src/store.mjs';

export function check() {
  const products = createProducts(new Store());
  products.add({ id: 'pen', name: 'Pen', cents: 120, stock: 2 });
  products.take('pen', 2);
  assert.equal(products.find('pen')?.stock, 0);
  assert.throws(() => products.take('pen', 1), /left/);
  assert.throws(() => products.add({ id: 'ink', name: 'Ink', cents: -1, stock: 1 }), /price/);
  assert.throws(() => products.add({ id: 'ink', name: 'Ink', cents: 1, stock: -1 }), /stock/);
}
`,
      },
    },
  ],
  'task-003': [
    {
      message: 'Add money',
      files: {
        'src/shared/money.mjs': `
/** @param {number} cents */
export function formatCents(cents) {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return (cents < 0 ? '-' : '') + digits.slice(0, -2) + '.' + digits.slice(-2);
}

/** @param {number[]} list */
export function sumCents(list) {
  return list.reduce((sum, cents) => sum + cents, 0);
}
`,
      },
    },
    {
      message: 'Check money',
      files: {
        'checks/shared.mjs': `
import assert from 'node:assert/strict';
import { formatCents, sumCents } from '../src/shared/money.mjs';

export function check() {
  assert.equal(formatCents(1205), '12.05');
  assert.equal(formatCents(7), '0.07');
  assert.equal(formatCents(-250), '-2.50');
  assert.equal(sumCents([120, 80]), 200);
  assert.equal(sumCents([]), 0);
}
`,
      },
    },
  ],
  'task-004': [
    {
      message: 'Add orders',
      files: {
        'src/orders.mjs': `
/**
 * @typedef {{ product: string, count: number }} Line
 * @typedef {{ id: string, user: string, lines: Line[], cents: number }} Order
 * @param {{
 *   store: import('./store.mjs').Store<Order>,
 *   users: ReturnType<typeof import('./users.mjs').createUsers>,
 *   products: ReturnType<typeof import('./products.mjs').createProducts>,
 * }} parts
 */
export function createOrders({ store, users, products }) {
  return {
    /** @param {{ id: string, user: string, lines: Line[] }} order */
    place({ id, user, lines }) {
      if (users.find(user) === null) throw new Error('there is no user ' + user);
      const cents = lines.reduce((sum, { product, count }) => {
        const found = products.find(product);
        if (found === null) throw new Error('there is no product ' + product);
        return sum + found.cents * count;
      }, 0);
      for (const { product, count } of lines) products.take(product, count);
      return store.add({ id, user, lines, cents });
    },
  };
}
`,
      },
    },
    {
      message: 'Check orders',
      files: {
        'checks/orders.mjs': `
import assert from 'node:assert/strict';
import { createOrders } from '../src/orders.mjs';
import { createProducts } from '../src/products.mjs';
import { Store } from '../src/store.mjs';
import { createUsers } from '../src/users.mjs';

export function check() {
  const users = createUsers(new Store());
  const products = createProducts(new Store());
  users.register({ id: 'ada', name: 'Ada' });
  products.add({ id: 'pen', name: 'Pen', cents: 120, stock: 5 });
  const orders = createOrders({ store: new Store(), users, products });
  const order = orders.place({ id: '1', user: 'ada', lines: [{ product: 'pen', count: 2 }] });
  assert.equal(order.cents, 240);
  assert.equal(products.find('pen')?.stock, 3);
  assert.throws(() => orders.place({ id: '2', user: 'bob', lines: [] }), /user/);
  assert.throws(() => orders.place({ id: '3', user: 'ada', lines: [{ product: 'ink', count: 1 }] }), /product/);
}
`,
      },
    },
  ],
  'task-005': [
    {
      message: 'Add the account line',
      files: {
        'src/api.mjs': `
import { formatCents } from './shared/money.mjs';

/** @type {(users: ReturnType<typeof import('./users.mjs').createUsers>, id: string, cents: number) => string | null} */
export function account(users, id, cents) {
  const user = users.find(id);
  return user === null ? null : user.name + ': ' + formatCents(cents);
}
`,
      },
    },
    {
      message: 'Answer GET /version',
      files: {
        'src/app.mjs': (before) =>
          before.replace(
            "  'GET /health': () => ({ ok: true }),\n",
            "  'GET /health': () => ({ ok: true }),\n  'GET /version': () => ({ version: 1 }),\n",
          ),
        'checks/api.mjs': `
import assert from 'node:assert/strict';
import { account } from '../src/api.mjs';
import { answer } from '../src/app.mjs';
import { Store } from '../src/store.mjs';
import { createUsers } from '../src/users.mjs';

export function check() {
  const users = createUsers(new Store());
  users.register({ id: 'ada', name: 'Ada' });
  assert.equal(account(users, 'ada', 1205), 'Ada: 12.05');
  assert.equal(account(users, 'bob', 1205), null);
  assert.deepEqual(answer('GET', '/version').body, { version: 1 });
}
`,
      },
    },
  ],
  greeting: [
    {
      message: 'Add greet',
      files: {
        'src/greeting.js': `
/** @param {string} name */
export function greet(name) {
  return 'Hello, ' + name + '!';
}
`,
        'test/greeting.test.js': `
import assert from 'node:assert/strict';
import test from 'node:test';
import { greet } from '../src/greeting.js';

test('greets by name', () => {
  assert.equal(greet('Ada'), 'Hello, Ada!');
});
`,
      },
    },
  ],
  readme: [
    {
      message: 'Describe greet',
      files: {
        'README.md': `
# Greetings

\`greet(name)\` of \`src/greeting.js\` gives a greeting: \`greet('Ada')\` is \`Hello, Ada!\`.
`,
      },
    },
  ],
};
