/*
 * Enough of GraphQL to answer any question that gh or o8 asks: one operation with variables, aliases, arguments,
 * fragments and @include/@skip. A field that the answer does not have is an error, as it is at GitHub.
 */

export type Scalar = string | number | boolean | null;
export type Input = Scalar | readonly Input[] | { readonly [key: string]: Input };
export type Inputs = Readonly<Record<string, Input>>;

/** An object of the answer. A function is a field with arguments, or one that is only worked out when asked for. */
export interface Node {
  readonly __typename: string;
  readonly [field: string]: Field;
}
export type Answer = Scalar | Node | readonly (Scalar | Node)[];
type Field = Answer | ((given: Inputs) => Answer);

export interface GraphqlError {
  readonly message: string;
  readonly type?: string;
  readonly path?: readonly string[];
}

/** What a field throws to answer with an error of its own. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly type?: string,
  ) {
    super(message);
  }
}

export interface Operation {
  readonly kind: 'query' | 'mutation';
  readonly name: string | null;
  readonly selections: readonly Selection[];
  readonly fragments: ReadonlyMap<string, Fragment>;
}

interface Fragment {
  readonly on: string;
  readonly selections: readonly Selection[];
}

type Selection =
  | {
      readonly kind: 'field';
      readonly key: string;
      readonly name: string;
      readonly given: Given;
      readonly when: readonly Directive[];
      readonly selections: readonly Selection[];
    }
  | { readonly kind: 'fragment'; readonly name: string; readonly when: readonly Directive[] }
  | ({ readonly kind: 'inline'; readonly when: readonly Directive[] } & Fragment);

interface Directive {
  readonly name: string;
  readonly given: Given;
}
type Literal = Scalar | { readonly variable: string } | readonly Literal[] | { readonly fields: Given };
type Given = ReadonlyMap<string, Literal>;

const TOKEN = /"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[A-Za-z_]\w*|-?\d+(?:\.\d+)?|[{}()[\]:!$=@|]/g;

/** The only operation of a document. */
export function parseOperation(document: string): Operation {
  const tokens = new Tokens(document.replace(/^\s*#.*$/gm, ''));
  const fragments = new Map<string, Fragment>();
  let operation: Omit<Operation, 'fragments'> | null = null;
  while (!tokens.over()) {
    if (tokens.skip('fragment')) {
      const name = tokens.next();
      tokens.expect('on');
      fragments.set(name, { on: tokens.next(), selections: selectionsOf(tokens) });
      continue;
    }
    const kind = tokens.skip('mutation') ? 'mutation' : 'query';
    tokens.skip('query');
    const name = tokens.at('{') || tokens.at('(') ? null : tokens.next();
    if (tokens.at('(')) skipDefinitions(tokens);
    operation = { kind, name, selections: selectionsOf(tokens) };
  }
  if (operation === null) throw new Refusal('A query attribute must be specified and must be a string.');
  return { ...operation, fragments };
}

class Tokens {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(document: string) {
    this.#tokens = document.match(TOKEN) ?? [];
  }

  over(): boolean {
    return this.#at >= this.#tokens.length;
  }
  at(token: string): boolean {
    return this.#tokens[this.#at] === token;
  }
  next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Refusal('Unexpected end of document');
    this.#at += 1;
    return token;
  }
  skip(token: string): boolean {
    if (!this.at(token)) return false;
    this.#at += 1;
    return true;
  }
  expect(token: string): void {
    const found = this.next();
    if (found !== token) throw new Refusal(`Expected ${token}, found ${found}`);
  }
}

function skipDefinitions(tokens: Tokens): void {
  for (let depth = 0; ;) {
    const token = tokens.next();
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (depth === 0) return;
  }
}

function selectionsOf(tokens: Tokens): Selection[] {
  tokens.expect('{');
  const selections: Selection[] = [];
  while (!tokens.skip('}')) selections.push(selectionOf(tokens));
  return selections;
}

function selectionOf(tokens: Tokens): Selection {
  if (tokens.skip('...')) {
    if (tokens.skip('on')) {
      const on = tokens.next();
      return { kind: 'inline', on, when: directivesOf(tokens), selections: selectionsOf(tokens) };
    }
    return { kind: 'fragment', name: tokens.next(), when: directivesOf(tokens) };
  }
  const key = tokens.next();
  const name = tokens.skip(':') ? tokens.next() : key;
  const given = tokens.at('(') ? givenOf(tokens, '(', ')') : new Map<string, Literal>();
  const when = directivesOf(tokens);
  return { kind: 'field', key, name, given, when, selections: tokens.at('{') ? selectionsOf(tokens) : [] };
}

function directivesOf(tokens: Tokens): Directive[] {
  const found: Directive[] = [];
  while (tokens.skip('@')) found.push({ name: tokens.next(), given: givenOf(tokens, '(', ')') });
  return found;
}

function givenOf(tokens: Tokens, open: string, close: string): Given {
  tokens.expect(open);
  const given = new Map<string, Literal>();
  while (!tokens.skip(close)) {
    const name = tokens.next();
    tokens.expect(':');
    given.set(name, literalOf(tokens));
  }
  return given;
}

function literalOf(tokens: Tokens): Literal {
  if (tokens.at('{')) return { fields: givenOf(tokens, '{', '}') };
  const token = tokens.next();
  if (token === '$') return { variable: tokens.next() };
  if (token === '[') {
    const items: Literal[] = [];
    while (!tokens.skip(']')) items.push(literalOf(tokens));
    return items;
  }
  if (token.startsWith('"""')) return token.slice(3, -3);
  if (token.startsWith('"')) return String(JSON.parse(token));
  if (token === 'true' || token === 'false') return token === 'true';
  if (token === 'null') return null;
  return /^-?\d/.test(token) ? Number(token) : token;
}

/** The answer's `data` and `errors`. What a field refuses is null in the data, with an error beside it. */
export function execute(
  operation: Operation,
  root: Node,
  variables: Inputs,
): { data: Record<string, unknown> | null; errors: GraphqlError[] } {
  const errors: GraphqlError[] = [];
  const run = new Execution(operation.fragments, variables, errors);
  try {
    return { data: run.object(root, operation.selections, []), errors };
  } catch (error) {
    if (!(error instanceof UnknownField)) throw error;
    return { data: null, errors: [{ message: error.message }] };
  }
}

/** Found by GitHub before it answers anything, so nothing else is answered either. */
class UnknownField extends Error {}

class Execution {
  constructor(
    private readonly fragments: ReadonlyMap<string, Fragment>,
    private readonly variables: Inputs,
    private readonly errors: GraphqlError[],
  ) {}

  object(node: Node, selections: readonly Selection[], path: readonly string[]): Record<string, unknown> {
    const answer: Record<string, unknown> = {};
    for (const selection of selections) {
      if (!this.#wanted(selection.when)) continue;
      if (selection.kind === 'field') {
        const { key } = selection;
        const value = this.#field(node, selection, [...path, key]);
        const before = answer[key];
        // A field that is asked for twice has the parts of both.
        answer[key] = isObject(before) && isObject(value) ? { ...before, ...value } : value;
        continue;
      }
      const fragment = selection.kind === 'inline' ? selection : this.fragments.get(selection.name);
      if (fragment === undefined) throw new UnknownField('Fragment was used, but not defined');
      if (!isOf(node, fragment.on)) continue;
      Object.assign(answer, this.object(node, fragment.selections, path));
    }
    return answer;
  }

  #field(node: Node, { name, given, selections }: Selection & { kind: 'field' }, path: readonly string[]): unknown {
    const field = Object.hasOwn(node, name) ? node[name] : undefined;
    if (field === undefined) {
      throw new UnknownField(`Field '${name}' doesn't exist on type '${node.__typename}'`);
    }
    try {
      return this.#value(typeof field === 'function' ? field(this.#inputs(given)) : field, selections, path);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.errors.push({ message: error.message, path, ...(error.type === undefined ? {} : { type: error.type }) });
      return null;
    }
  }

  #value(value: Answer, selections: readonly Selection[], path: readonly string[]): unknown {
    if (value === null || typeof value !== 'object') return value;
    if (!isNode(value)) return value.map((each, at) => this.#value(each, selections, [...path, String(at)]));
    return this.object(value, selections, path);
  }

  #wanted(directives: readonly Directive[]): boolean {
    return directives.every(({ name, given }) => {
      const { if: condition } = this.#inputs(given);
      return name === 'skip' ? condition !== true : condition === true;
    });
  }

  #inputs(given: Given): Inputs {
    return Object.fromEntries([...given].map(([name, literal]) => [name, this.#input(literal)]));
  }

  #input(literal: Literal): Input {
    if (literal === null || typeof literal !== 'object') return literal;
    if (isList(literal)) return literal.map((each) => this.#input(each));
    if ('variable' in literal) return this.variables[literal.variable] ?? null;
    return this.#inputs(literal.fields);
  }
}

function isList(literal: object): literal is readonly Literal[] {
  return Array.isArray(literal);
}

function isNode(value: Node | readonly unknown[]): value is Node {
  return !Array.isArray(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Interfaces that everything asked for here has. */
const INTERFACES = new Set(['Node', 'Actor', 'GitObject']);

function isOf(node: Node, type: string): boolean {
  return node.__typename === type || INTERFACES.has(type);
}

/** A connection, in pages as they are asked for: `first` and `after`, or `last`. At most 100, as at GitHub. */
export function page(of: string, nodes: readonly Node[], { first, last, after }: Inputs = {}): Node {
  const most = Math.min(100, Number(first ?? last ?? 100));
  const start = typeof after === 'string' ? Number(after) : typeof last === 'number' ? nodes.length - most : 0;
  const from = Math.max(0, start);
  const some = nodes.slice(from, from + most);
  const end = from + some.length;
  return {
    __typename: `${of}Connection`,
    totalCount: nodes.length,
    nodes: some,
    edges: some.map((node) => ({ __typename: `${of}Edge`, node, cursor: '' })),
    pageInfo: {
      __typename: 'PageInfo',
      hasNextPage: end < nodes.length,
      endCursor: String(end),
      hasPreviousPage: from > 0,
      startCursor: String(from),
    },
  };
}

export function text(input: Input | undefined): string {
  if (typeof input !== 'string') throw new Refusal('Argument is missing or is not a string');
  return input;
}

export function optionalText(input: Input | undefined): string | null {
  return typeof input === 'string' ? input : null;
}
