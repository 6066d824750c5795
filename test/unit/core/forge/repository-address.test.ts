import { expect, it } from 'vitest';
import { repositoryOfAddress, repositoryOfName } from '../../../../src/core/forge/repository-address.js';

it.each([
  ['https://github.com/acme/shop.git', 'github.com/acme/shop'],
  ['https://github.com/acme/shop/', 'github.com/acme/shop'],
  ['https://user:secret-token@GitHub.com/acme/shop', 'github.com/acme/shop'],
  ['https://git.example.com:8443/acme/shop.js.git', 'git.example.com:8443/acme/shop.js'],
  ['git@github.com:acme/shop.git', 'github.com/acme/shop'],
  ['github.com:acme/shop', 'github.com/acme/shop'],
  ['ssh://git@ssh.github.com:443/acme/shop.git', 'github.com/acme/shop'],
  ['ssh://git@git.example.com:2222/acme/shop.git', 'git.example.com/acme/shop'],
])('%s is %s', (address, expected) => {
  const found = repositoryOfAddress(address);
  expect(found === null ? null : `${found.host}/${found.owner}/${found.name}`).toBe(expected);
});

it.each([
  '/srv/git/shop.git',
  '../shop.git',
  'file:///srv/git/acme/shop.git',
  'https://github.com/acme',
  'https://github.com/acme/shop/extra',
  'https://github.com/ac me/shop',
  'git@github.com:acme/$(id)',
  'https://[bad/acme/shop',
  'C:\\work\\shop',
  '',
])('%s is not a repository of a forge', (address) => {
  expect(repositoryOfAddress(address)).toBeNull();
});

it('GH_REPO names it with or without a host', () => {
  expect(repositoryOfName('acme/shop')).toEqual({ host: 'github.com', owner: 'acme', name: 'shop' });
  expect(repositoryOfName('git.example.com/acme/shop')).toMatchObject({ host: 'git.example.com', owner: 'acme' });
  expect(repositoryOfName('shop')).toBeNull();
});
