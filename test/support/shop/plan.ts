import { taskFile } from '../runs/plan-folder.js';

/*
 * What a decomposer makes of the shop's document: three tasks that need nothing of each other, and one that waits for two of
 * them. Its mistake: the first two may both change all of src/shop.js.
 */

export const PLAN = 'parallel/shop';

export const TASK_FILES = {
  'task-001': 'tasks/task-001-vat.md',
  'task-002': 'tasks/task-002-discount.md',
  'task-003': 'tasks/task-003-stock.md',
  'task-004': 'tasks/task-004-order.md',
} as const;
export type TaskId = keyof typeof TASK_FILES;
export const TASKS = ['task-001', 'task-002', 'task-003', 'task-004'] as const satisfies readonly TaskId[];

export const branchOf = (task: TaskId): string => `feature/${TASK_FILES[task].slice('tasks/'.length, -'.md'.length)}`;

/** What has to be changed in a task file for the tasks to get along. */
export interface Repair {
  readonly from: string;
  readonly to: string;
}
export const REPAIRS: Readonly<Partial<Record<TaskId, Repair>>> = {
  'task-001': { from: 'MODIFY: src/shop.js', to: 'MODIFY: src/shop.js::total' },
  'task-002': { from: 'MODIFY: src/shop.js', to: 'MODIFY: src/shop.js::bill' },
};

const MANIFEST = {
  technology: 'node',
  tech_spec: { id: 'shop', title: 'Shop' },
  sources: { prd: 'docs/prd.md' },
  tasks: { total: TASKS.length, waves: 2, files: TASKS.map((task) => TASK_FILES[task]) },
  o8: { verify: 'node --test', retries: 0 },
};

function task(
  id: TaskId,
  { wave = 1, deps = [], text, scope }: { wave?: number; deps?: readonly TaskId[]; text: string; scope: string },
): readonly [path: string, text: string] {
  const head = { id, component: TASK_FILES[id].slice(15, -3), wave, deps: `[${deps.join(', ')}]` };
  return [
    TASK_FILES[id],
    taskFile(head, `${text}\n\n## Scope\n\n${scope}\n\n## Done when\n\n- \`node --test\` passes\n`),
  ];
}

/** Paths are relative to the plan's folder. */
export const PLAN_FILES: Readonly<Record<string, string>> = Object.fromEntries([
  ['manifest.json', `${JSON.stringify(MANIFEST, null, 2)}\n`],
  [
    'context.md',
    'A shop in plain Node, ES modules, no packages. Tests are `test/*.test.js`; all of them: `node --test`.\n',
  ],
  [
    'architecture.md',
    '# Shop\n\n`src/shop.js` prints and sums; one module each for tax, discounts, stock and orders.\n',
  ],
  [
    'contracts/item.md',
    '# Item\n\n`{name, price, vat?, discount?}`; `vat` and `discount` are percent, a price is a number.\n',
  ],
  task('task-001', {
    text: '# Tax\n\n`withVat(item)` gives the price with tax; `total` sums with it.',
    scope: 'CREATE: src/vat.js, test/vat.test.js\nMODIFY: src/shop.js\nBOUNDARY: src/discount.js',
  }),
  task('task-002', {
    text: '# Discounts\n\n`discounted(item)` gives the lower price; `bill` shows it.',
    scope: 'CREATE: src/discount.js, test/discount.test.js\nMODIFY: src/shop.js\nBOUNDARY: src/vat.js',
  }),
  task('task-003', {
    text: '# Stock\n\n`take(stock, name, count)` lowers the stock and throws when there is not enough.',
    scope: 'CREATE: src/stock.js, test/stock.test.js',
  }),
  task('task-004', {
    wave: 2,
    deps: ['task-001', 'task-003'],
    text: '# Orders\n\n`order(number, items, stock)` takes every item from the stock and sums them.',
    scope: 'CREATE: src/order.js, test/order.test.js',
  }),
]);
