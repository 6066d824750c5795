import fc from 'fast-check';

/** A file as git keeps it: its mode and its bytes, or where a link points. */
export interface TreeFile {
  readonly mode: '100644' | '100755' | '120000';
  readonly content: string;
}
export type Tree = ReadonlyMap<string, TreeFile>;

/** One random edit. An edit that does not apply to the current files changes nothing. */
export type Edit =
  | { readonly kind: 'lines'; readonly file: number; readonly from: number; readonly count: number }
  | { readonly kind: 'insert'; readonly file: number; readonly from: number }
  | { readonly kind: 'delete'; readonly file: number }
  | { readonly kind: 'rename'; readonly file: number; readonly to: number }
  | { readonly kind: 'mode'; readonly file: number }
  | { readonly kind: 'binary'; readonly file: number }
  | { readonly kind: 'link'; readonly file: number }
  | { readonly kind: 'create'; readonly to: number };

/** `author` is in every line they write. */
export interface Work {
  readonly author: string;
  readonly commits: readonly (readonly Edit[])[];
}

const LONG = Array.from({ length: 8 }, (_, at) => `${'very-long-folder-name-'.repeat(3)}${at}`).join('/');

/** Places where files begin; `LINES` of them are texts of twenty lines. */
const FILES = [
  'a.txt',
  'src/b.txt',
  'src/deep/c.txt',
  'größe ☃/naïve "q".txt',
  `${LONG}/${'long'.repeat(40)}.txt`,
  ' leading and trailing ',
  'run.sh',
  'bin.dat',
] as const;
const LINES = 20;

/** Places where files come to: new folders, a folder where a file is, a file where a folder is, names like options. */
const PLACES = [
  'new.txt',
  'src/new.txt',
  'moved/b.txt',
  'größe ☃/ñ\u0303.txt',
  `${LONG}/x.txt`,
  'a.txt/inside.txt',
  'src/deep',
  '-dash',
  'tab\there',
] as const;

export function firstTree(): Tree {
  return new Map(
    FILES.map((path, at): [string, TreeFile] => {
      const content = path === 'bin.dat' ? binary('first') : text(String(at));
      return [path, { mode: '100644', content }];
    }),
  );
}

function text(name: string): string {
  return Array.from({ length: LINES }, (_, at) => `${name} line ${at}\n`).join('');
}

function binary(name: string): string {
  return `\0${name}\u0001\u0002\n\0`.repeat(20);
}

const file = fc.nat(FILES.length - 1);
const line = fc.nat(LINES - 1);
const place = fc.nat(PLACES.length - 1);
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('lines'), file, from: line, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('insert'), file, from: line }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete'), file }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename'), file, to: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mode'), file }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('binary'), file }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('link'), file }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('create'), to: place }) },
);

/** One or two commits. More would make nearly all branches conflict. */
export function workBy(author: string): fc.Arbitrary<Work> {
  // Now and then two do word for word the same.
  const name = fc.oneof({ weight: 5, arbitrary: fc.constant(author) }, { weight: 1, arbitrary: fc.constant('same') });
  const commits = fc.array(fc.array(edit, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 });
  return fc.record({ author: name, commits });
}

/** What somebody else commits on the target: a file written anew, or removed. */
export type Intrusion = { readonly kind: 'write' | 'remove'; readonly path: string; readonly content: string };

export const intrusion: fc.Arbitrary<Intrusion> = fc.record({
  kind: fc.constantFrom('write', 'remove'),
  path: fc.constantFrom(...FILES, ...PLACES),
  content: fc.nat(LINES - 1).map((at) => text('0').replace(`0 line ${at}\n`, 'somebody else\n')),
});

/** The files after an edit. */
export function edited(tree: Tree, change: Edit, author: string): Tree {
  const next = new Map(tree);
  const path = 'file' in change ? (FILES[change.file] ?? '') : '';
  const old = next.get(path);
  if ('file' in change && old === undefined) return tree;
  switch (change.kind) {
    case 'lines':
    case 'insert': {
      const lines = (old?.content ?? '').split('\n');
      const [removed, added] = change.kind === 'lines' ? [change.count, change.count] : [0, 1];
      lines.splice(change.from, removed, ...Array.from({ length: added }, (_, at) => `${author} ${change.from + at}`));
      return put(next, path, { mode: old?.mode ?? '100644', content: lines.join('\n') });
    }
    case 'delete':
      next.delete(path);
      return next;
    case 'rename': {
      next.delete(path);
      return put(next, PLACES[change.to] ?? '', old ?? { mode: '100644', content: '' });
    }
    case 'mode':
      if (old?.mode === '120000') return tree;
      return put(next, path, { mode: old?.mode === '100755' ? '100644' : '100755', content: old?.content ?? '' });
    case 'binary':
      return put(next, path, { mode: '100644', content: binary(author) });
    case 'link':
      return put(next, path, { mode: '120000', content: `${author}-target` });
    case 'create':
      return put(next, PLACES[change.to] ?? '', { mode: '100644', content: text(author) });
  }
}

/** A file goes in the place of a folder of its name, and of a file that one of its folders is named like. */
function put(tree: Map<string, TreeFile>, path: string, file: TreeFile): Tree {
  for (const other of [...tree.keys()]) {
    if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) tree.delete(other);
  }
  return tree.set(path, file);
}
