import { describe, expect, it } from 'vitest';
import { parseScope } from '../../../../src/core/scope/parse-scope.js';

const entry = (glob: string, symbol: string | null = null) => ({ glob, symbol });

describe('a Scope section', () => {
  it('gives CREATE, MODIFY and BOUNDARY with globs, braces and symbols', () => {
    const { scope, problems } = parseScope(
      [
        'CREATE: src/users/**, test/users.{test,spec}.{js,ts}',
        'MODIFY: src/app.js::routes, src/order.js::Order.total, package.json',
        'BOUNDARY: src/shared/**, docs/',
      ].join('\n'),
    );
    expect(problems).toEqual([]);
    expect(scope).toEqual({
      create: [entry('src/users/**'), entry('test/users.{test,spec}.{js,ts}')],
      modify: [entry('src/app.js', 'routes'), entry('src/order.js', 'Order.total'), entry('package.json')],
      boundary: ['src/shared/**', 'docs'],
    });
  });

  it('may be written as Markdown lists with bold keywords, backticks and remarks', () => {
    const { scope, problems } = parseScope(
      [
        'Only these files:',
        '',
        '- **CREATE:** `src/a b.js` (new), src/c.js (new, small)',
        '- **MODIFY**:',
        '  - `src/app.js::routes` - the table',
        '  - src/d.js',
        '',
        'Text in between ends the list.',
        '  - not/a/path.js',
        '- BOUNDARY: none',
      ].join('\r\n'),
    );
    expect(problems).toEqual([]);
    expect(scope).toEqual({
      create: [entry('src/a b.js'), entry('src/c.js')],
      modify: [entry('src/app.js', 'routes'), entry('src/d.js')],
      boundary: [],
    });
  });

  it.each([
    '[]',
    '[ ]',
    'None.',
    '_none_',
    '**None**',
    '**_None._**',
    '`none`',
    '(none)',
    '"none"',
    'NOTHING',
    'Nothing.',
    'N/A',
    'n/a.',
    '*N/A*',
    '-',
    '—',
    '—.',
    '{}',
    'null',
    'None (tests only)',
    'None - this task only reads',
    'None, this task only reads.',
    'None required',
    'No files',
    'No new files.',
    'Nothing to create',
  ])('takes %j for nothing, on the line and as a list item', (written) => {
    for (const section of [`CREATE: ${written}`, `- **CREATE:** ${written}`, `CREATE:\n- ${written}`]) {
      expect(parseScope(section)).toEqual({ scope: { create: [], modify: [], boundary: [] }, problems: [] });
    }
  });

  it.each([
    ['none/a.ts, nothing.md, none.ts, n/a.ts', ['none/a.ts', 'nothing.md', 'none.ts', 'n/a.ts']],
    ['*, **', ['*', '**']],
    ['[src/a.ts, "src/b.ts"]', ['src/a.ts', 'src/b.ts']],
    ["['docs/x']", ['docs/x']],
    ['[id], [slug]/[id]', ['[id]', '[slug]/[id]']],
    ['[id]/page.tsx', ['[id]/page.tsx']],
    ['none-such/**', ['none-such/**']],
    ['No Files/a.md', ['No Files/a.md']],
  ])('takes %j for paths', (written, globs) => {
    expect(parseScope(`CREATE: ${written}`).scope.create.map(({ glob }) => glob)).toEqual(globs);
  });

  it('may have keywords as headings, and paths on lines of their own', () => {
    const { scope } = parseScope(
      '### CREATE\n\nsrc/a.ts\n`src/b c.ts`\n\n**MODIFY**\n- src/d.ts\n\n### Boundary\nNone.\n',
    );
    expect(scope).toEqual({
      create: [entry('src/a.ts'), entry('src/b c.ts')],
      modify: [entry('src/d.ts')],
      boundary: [],
    });
  });

  it('drops ./ and understands a slash at the end as the folder', () => {
    expect(parseScope('CREATE: ./src/a/, src/*/').scope.create).toEqual([entry('src/a'), entry('src/*/**')]);
  });

  it('keeps names that look like patterns elsewhere', () => {
    const names = ['app/[id]/page.tsx', 'app/(group)/@modal/x.tsx', 'routes/+page.svelte'];
    expect(parseScope(`CREATE: ${names.join(', ')}`).scope.create.map(({ glob }) => glob)).toEqual(names);
  });

  it.each([
    ['/etc/passwd', 'leads out of the repository'],
    ['../other/**', 'leads out of the repository'],
    ['src/../../x', 'leads out of the repository'],
    ['src/{a,../..}/x', 'leads out of the repository'],
    ['~/x', 'leads out of the repository'],
    ['.', 'names the whole repository'],
    ['!src/**', 'negated'],
    ['src\\a', 'backslash'],
    ['x'.repeat(513), '513 characters'],
    ['{a,b}'.repeat(60), 'too many patterns'],
    ['{1..100000000}', 'too many patterns'],
    ['src/\u202ea.js', 'hidden characters'],
  ])('refuses %j', (glob, problem) => {
    const { scope, problems } = parseScope(`CREATE: ${glob}`);
    expect(scope.create).toEqual([]);
    expect(problems.map((found) => found.problem)).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses a part of a file outside MODIFY, and what is no symbol', () => {
    const { problems } = parseScope('CREATE: a.js::B\nBOUNDARY: a.js::B\nMODIFY: a.js::B C, a.js::');
    expect(problems.map(({ problem }) => problem)).toEqual([
      'CREATE names a part of a file, "a.js::B"',
      'BOUNDARY names a part of a file, "a.js::B"',
      '"B C" is not a symbol',
      '"" is not a symbol',
    ]);
  });
});
