import { describe, expect, it } from 'vitest';
import { settingChangeText } from '../../../../src/core/surroundings/change-text.js';
import {
  changedSettings,
  configText,
  parseSettings,
  withoutChanges,
  type GitSetting,
} from '../../../../src/core/surroundings/git-settings.js';

const CONFIG = '/r/.git/config';
const local = (key: string, value: string | null): GitSetting => ({ scope: 'local', file: CONFIG, key, value });
const text = (change: ReturnType<typeof changedSettings>[number] | undefined): { what: string; putBack: string } => {
  if (change === undefined) throw new Error('nothing changed');
  return settingChangeText(change, '/saved', (line) => line);
};

describe('a list of git settings', () => {
  it('is read with values of several lines and keys without one, and without those of a command line', () => {
    const output = [
      ...['global', 'file:/h/.gitconfig', 'user.name\nMe'],
      ...['local', 'file:.git/config', 'alias.x\n!a\nb'],
      ...['local', 'file:.git/config', 'core.bare'],
      ...['command', 'command line:', 'gc.auto\n0', ''],
    ].join('\0');
    expect(parseSettings(output, (path) => (path.startsWith('/') ? path : `/r/${path}`))).toEqual([
      { scope: 'global', file: '/h/.gitconfig', key: 'user.name', value: 'Me' },
      local('alias.x', '!a\nb'),
      local('core.bare', null),
    ]);
  });

  it('is written as a file that says the same, without includes', () => {
    const settings = [
      local('core.bare', null),
      local('url.ssh://a"b\\.x.insteadof', ' v "q" \\ \n# '),
      local('include.path', 'x'),
    ];
    expect(configText(settings)).toBe(
      '[core]\n\tbare\n[url "ssh://a\\"b\\\\.x"]\n\tinsteadof = " v \\"q\\" \\\\ \\n# "\n',
    );
  });
});

describe('changes of settings', () => {
  const user: GitSetting = { scope: 'global', file: '/h/.gitconfig', key: 'user.name', value: 'Me' };

  it('are named by key, before, after, with the exact command that puts each back', () => {
    const before = [user, local('core.bare', 'false'), local('a.x', '1'), local('a.x', '2'), local('b.y', null)];
    const after = [user, local('user.name', 'Ro bot'), local('core.bare', 'true'), local('a.x', '3')];
    expect(changedSettings(before, after).map(text)).toEqual([
      {
        what: 'git config core.bare changed from "false" to "true"',
        putBack: `git config --file ${CONFIG} core.bare false`,
      },
      {
        what: 'git config a.x changed from "1", "2" to "3"',
        putBack: `git config --file ${CONFIG} --unset-all a.x && git config --file ${CONFIG} --add a.x 1 && git config --file ${CONFIG} --add a.x 2`,
      },
      {
        what: 'git config b.y was removed (it was "true")',
        putBack: `git config --file ${CONFIG} b.y true`,
      },
      {
        what: 'git config user.name changed from "Me" (set elsewhere) to "Ro bot"',
        putBack: `git config --file ${CONFIG} --unset-all user.name`,
      },
    ]);
  });

  it.each([
    ['http.https://x.extraheader', 'AUTHORIZATION: basic c2VjcmV0'],
    ['remote.origin.url', 'https://ada:c2VjcmV0@host/x'],
    ['remote.origin.url', 'https://c2VjcmV0@host/x'],
    ['url.https://c2VjcmV0@host/.insteadof', 'https://host/'],
    ['credential.helper', '!echo password=c2VjcmV0'],
  ])('show no secret: %s', (key, value) => {
    for (const change of [
      ...changedSettings([local(key, value)], [local(key, 'other')]),
      ...changedSettings([], [local(key, value)]),
      ...changedSettings([local(key, value)], []),
    ]) {
      expect(JSON.stringify(text(change))).not.toContain('c2VjcmV0');
    }
    expect(text(changedSettings([local(key, value)], [])[0]).putBack).toBe(`cp /saved ${CONFIG}`);
  });

  it('of agents stay out, what somebody changes afterwards counts', () => {
    const before = [user, local('a.x', '1')];
    const left = [user, local('a.x', 'agent'), local('b.y', 'agent'), local('c.z', 'agent')];
    const changes = changedSettings(before, left);
    const now = [...left.slice(0, 2), local('c.z', 'person'), local('d.w', 'person'), local('b.y', 'agent')];
    const trusted = withoutChanges(now, changes).map(({ key, value }) => [key, value]);
    expect(Object.fromEntries(trusted)).toEqual({ 'user.name': 'Me', 'a.x': '1', 'c.z': 'person', 'd.w': 'person' });
  });
});
