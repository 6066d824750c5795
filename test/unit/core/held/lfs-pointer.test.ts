import { expect, it } from 'vitest';
import { lfsPointer } from '../../../../src/core/held/lfs-pointer.js';

const oid = '7'.repeat(64);
const pointer = { oid, size: 5 };
const spec = 'version https://git-lfs.github.com/spec/v1';

it.each([
  `${spec}\noid sha256:${oid}\nsize 5\n`,
  `${spec}\noid sha256:${oid}\nsize 5`,
  `${spec}\r\noid sha256:${oid}\r\nsize 5\r\n`,
  `\n${spec}\noid sha256:${oid}\nsize 5\n`,
  `${spec}\next-0-case sha256:${'8'.repeat(64)}\noid sha256:${oid}\nsize 5\n`,
  `version https://hawser.github.com/spec/v1\noid sha256:${oid}\nsize 5\n`,
  `version http://git-media.io/v/2\noid sha256:${oid}\nsize 5\n`,
])('%j is a pointer, as Git LFS reads it', (text) => {
  expect(lfsPointer(text)).toEqual(pointer);
});

it.each([`${spec}\nsize 5\n`, `oid sha256:${oid}\nsize 5\n`, `# ${spec}\noid sha256:${oid}\nsize 5\n`, ''])(
  '%j is none',
  (text) => {
    expect(lfsPointer(text)).toBeNull();
  },
);
