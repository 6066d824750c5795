import { join } from 'node:path';
import { whenTold, type Conversation, type Part, type Turns } from '../claude/scripted-model.js';
import { TASKS, type TaskId } from './plan.js';
import { done, edit } from './steps.js';

/*
 * What the models of the shop's workers say. Both of the first two need an import at the top of src/shop.js, which neither of
 * their scopes names; the third finds that it cannot continue, the first time.
 */

interface Edit {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

interface Work {
  readonly files: Readonly<Record<string, string>>;
  readonly edits: readonly Edit[];
}

const FIRST_LINE = '/** The lines of a bill. */';

function test(module: string, name: string, title: string, check: string): Record<string, string> {
  return {
    [`test/${module}.test.js`]: `import assert from 'node:assert/strict';
import test from 'node:test';
import { ${name} } from '../src/${module}.js';

test('${title}', () => ${check});
`,
  };
}

export const WORK: Readonly<Record<TaskId, Work>> = {
  'task-001': {
    files: {
      'src/vat.js': `export function withVat({ price, vat = 0 }) {
  return (price * (100 + vat)) / 100;
}
`,
      ...test('vat', 'withVat', 'tax is added', 'assert.equal(withVat({ price: 10, vat: 20 }), 12)'),
    },
    edits: [
      { path: 'src/shop.js', from: FIRST_LINE, to: `import { withVat } from './vat.js';\n\n${FIRST_LINE}` },
      { path: 'src/shop.js', from: 'sum + item.price', to: 'sum + withVat(item)' },
    ],
  },
  'task-002': {
    files: {
      'src/discount.js': `export function discounted({ price, discount = 0 }) {
  return (price * (100 - discount)) / 100;
}
`,
      ...test('discount', 'discounted', 'it costs less', 'assert.equal(discounted({ price: 10, discount: 20 }), 8)'),
    },
    edits: [
      { path: 'src/shop.js', from: FIRST_LINE, to: `import { discounted } from './discount.js';\n\n${FIRST_LINE}` },
      { path: 'src/shop.js', from: '${item.price}', to: '${discounted(item)}' },
    ],
  },
  'task-003': {
    files: {
      'src/stock.js': `export function take(stock, name, count) {
  const left = (stock[name] ?? 0) - count;
  if (left < 0) throw new Error(\`not enough \${name}\`);
  return { ...stock, [name]: left };
}
`,
      ...test('stock', 'take', 'nobody takes more than there is', "assert.throws(() => take({ tea: 1 }, 'tea', 2))"),
    },
    edits: [],
  },
  'task-004': {
    files: {
      'src/order.js': `import { total } from './shop.js';
import { take } from './stock.js';

export function order(number, items, stock) {
  const left = items.reduce((rest, { name }) => take(rest, name, 1), stock);
  return { number, items, total: total(items), left };
}
`,
      ...test(
        'order',
        'order',
        'an order sums its items with tax',
        "assert.equal(order(1, [{ name: 'tea', price: 10, vat: 20 }], { tea: 1 }).total, 12)",
      ),
    },
    edits: [],
  },
};

/** What the third worker's first attempt leaves without a commit. */
export const HALF_DONE = { path: 'src/stock.js', content: 'export function take() {}\n' };
/** And why it stopped. */
export const MISSING = 'the document does not say what happens when there is not enough';

export interface ShopWorkers {
  readonly part: Part;
  /** Every worker that began, in order, and what it was told: a retried task has two. */
  readonly begun: readonly { readonly task: TaskId; readonly told: string }[];
}

/** `firstMerged`: the second task's worker ends after that, so that it is its branch that conflicts. */
export function shopWorkers(o: { worktree: (task: TaskId) => string; firstMerged: Promise<void> }): ShopWorkers {
  const begun: { task: TaskId; told: string }[] = [];
  async function* play({ userText }: { readonly userText: string }): Conversation {
    const task = TASKS.find((id) => userText.includes(`# Task ${id}`));
    if (task === undefined) throw new Error(`no task in: ${userText}`);
    const isFirst = !begun.some((earlier) => earlier.task === task);
    begun.push({ task, told: userText });
    const worktree = o.worktree(task);
    if (task === 'task-003' && isFirst) {
      yield* done('Write', { file_path: join(worktree, HALF_DONE.path), content: HALF_DONE.content });
      yield* done('StructuredOutput', { status: 'incomplete', summary: MISSING });
      return;
    }
    yield* doWork(worktree, task);
    if (task === 'task-002') await o.firstMerged;
    yield* done('Write', { file_path: join(worktree, '.claude-task-complete'), content: `${task} is done\n` });
    yield* done('StructuredOutput', { status: 'complete', summary: `${task} is done` });
  }
  return { part: { when: whenTold('You are one of several workers'), play }, begun };
}

function* doWork(worktree: string, task: TaskId): Turns<void> {
  const { files, edits } = WORK[task];
  for (const [path, content] of Object.entries(files))
    yield* done('Write', { file_path: join(worktree, path), content });
  for (const { path, from, to } of edits) yield* edit(join(worktree, path), { from, to });
  yield* done('Bash', { command: 'node --test' });
  const paths = new Set([...Object.keys(files), ...edits.map(({ path }) => path)]);
  yield* done('Bash', { command: `git add ${[...paths].join(' ')}` });
  yield* done('Bash', { command: `git commit --quiet -m "${task}: do what it says"` });
}
