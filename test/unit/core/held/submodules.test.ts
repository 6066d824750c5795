import { describe, expect, it } from 'vitest';
import { submoduleDoubts, type Submodules } from '../../../../src/core/held/gitlinks.js';
import { moduleFault, modulesOf, resolvedUrl, shownUrl, type Module } from '../../../../src/core/held/gitmodules.js';

const module = (more: Partial<Module> = {}): Module => ({
  name: 'sub',
  path: 'sub',
  url: 'https://example.test/sub.git',
  update: null,
  ...more,
});

describe('an entry of .gitmodules', () => {
  it.each([
    'https://example.test/sub.git',
    'ssh://git@example.test/sub',
    'git@example.test:sub.git',
    '../sub.git',
    './sub',
  ])('with the url %s can be used', (url) => {
    expect(moduleFault(module({ url }))).toBeNull();
  });

  it.each<[Partial<Module>, string]>([
    [{ name: '../../evil' }, 'leads out of the git folder'],
    [{ name: 'a\\..\\b' }, 'leads out of the git folder'],
    [{ path: null }, 'no path'],
    [{ path: '-x' }, 'an option'],
    [{ path: '../x' }, 'outside'],
    [{ path: '.git/modules' }, 'outside'],
    [{ url: null }, 'no URL'],
    [{ url: '--upload-pack=x' }, 'an option'],
    [{ url: 'ext::sh -c x' }, 'starts a program'],
    [{ url: '/home/me/sub' }, 'a path on this machine'],
    [{ url: 'file:///home/me/sub' }, 'a path on this machine'],
    [{ url: 'C:\\sub' }, 'a path on this machine'],
    [{ url: 'sub/dir' }, 'a path on this machine'],
    [{ url: 'foo://x' }, 'whose protocol git does not support'],
    [{ url: 'https://example.test/%0ahost' }, 'control characters'],
    [{ url: 'https://example.test/\u001b[2J' }, 'control characters'],
    [{ update: '!rm -rf /' }, 'runs a command'],
  ])('%j is told: %s', (more, why) => {
    expect(moduleFault(module(more))?.why).toContain(why);
  });

  it('is read from what git lists, the last value of each setting', () => {
    const output = 'submodule.a.b.path\nx/\0submodule.a.b.url\nold\0submodule.a.b.url\nnew\nline\0core.x\n1\0flag\0';
    expect(modulesOf(output)).toEqual([{ name: 'a.b', path: 'x', url: 'new\nline', update: null }]);
  });
});

it.each([
  ['../sub', '/srv/app', '/srv/sub'],
  ['../sub/', '/srv/app/', '/srv/sub'],
  ['./sub', '/srv/app', '/srv/app/sub'],
  ['../../x/sub', 'https://example.test/me/app.git', 'https://example.test/x/sub'],
  ['../sub', 'git@example.test:app', 'git@example.test:sub'],
  ['../../../sub', 'app', null],
  ['https://example.test/x', '/srv/app', 'https://example.test/x'],
])('%s of %s is %s', (url, remote, resolved) => {
  expect(resolvedUrl(url, remote)).toBe(resolved);
});

it('a url is shown without its password', () => {
  expect(shownUrl('https://me:secret@example.test/x\u202e')).toBe('https://example.test/x\\u{202e}');
});

describe('what a branch brings', () => {
  const state = (links: Record<string, string>, modules: Module[] | null): Submodules => ({
    links: new Map(Object.entries(links)),
    modules,
  });
  const kinds = (before: Submodules, after: Submodules) => submoduleDoubts(before, after).map(({ kind }) => kind);

  it('is asked for where the commit or the entry is new, and for nothing that was there', () => {
    const before = state({ sub: 'c1' }, [module()]);
    expect(kinds(before, before)).toEqual([]);
    expect(submoduleDoubts(before, state({ sub: 'c2' }, [module()]))).toMatchObject([
      { kind: 'ask', path: 'sub', commit: 'c2', url: 'https://example.test/sub.git' },
    ]);
    expect(kinds(before, state({ sub: 'c1' }, [module({ url: 'https://example.test/y' })]))).toEqual(['ask']);
    expect(kinds(state({}, []), state({ sub: 'c1' }, [module()]))).toEqual(['ask']);
  });

  it('is told where no entry lists it, unless none did before', () => {
    expect(kinds(state({}, []), state({ nested: 'c' }, []))).toEqual(['unlisted']);
    expect(kinds(state({ sub: 'c1' }, [module()]), state({ sub: 'c1' }, []))).toEqual(['unlisted']);
    expect(kinds(state({ nested: 'c1' }, []), state({ nested: 'c2' }, []))).toEqual([]);
  });

  it('is told where its entry is of no use, and not asked for then', () => {
    const hostile = module({ url: 'ext::sh -c x' });
    expect(kinds(state({}, []), state({ sub: 'c' }, [hostile]))).toEqual(['entry']);
    expect(kinds(state({ sub: 'c' }, [hostile]), state({ sub: 'c' }, [hostile]))).toEqual([]);
    expect(kinds(state({}, []), state({ sub: 'c' }, null))).toEqual(['unreadable']);
    expect(kinds(state({}, null), state({ sub: 'c' }, null))).toEqual([]);
  });
});
