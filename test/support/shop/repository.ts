/** A small shop in Node, with tests of its own and the document that says what is missing. */

export const PRD = 'docs/prd.md';

export const SHOP: Readonly<Record<string, string>> = {
  '.gitignore': 'node_modules/\n',
  'README.md': '# Shop\n',
  'package.json': `${JSON.stringify({ name: 'shop', private: true, type: 'module', scripts: { test: 'node --test' } }, null, 2)}\n`,
  [PRD]: `# Shop

Customers see what they pay.

- Prices of items with \`vat\` (percent) are shown and summed with it.
- Items with \`discount\` (percent) cost less, and the bill says so.
- Nobody can order more than there is.
- An order has a number, the items and what they cost together.
`,
  'src/shop.js': `/** The lines of a bill. */
export function bill(items) {
  return items.map((item) => \`\${item.name}: \${item.price}\`);
}

/** What all items cost together. */
export function total(items) {
  return items.reduce((sum, item) => sum + item.price, 0);
}
`,
  'test/shop.test.js': `import assert from 'node:assert/strict';
import test from 'node:test';
import { bill, total } from '../src/shop.js';

const items = [
  { name: 'tea', price: 4 },
  { name: 'cup', price: 6 },
];

test('a bill has a line for each item', () => assert.deepEqual(bill(items), ['tea: 4', 'cup: 6']));
test('the total is what all items cost', () => assert.equal(total(items), 10));
`,
};
