import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../core/base/error-code.js';
import type { Repository } from '../door/repository.js';

/** `unclear`: only git can say, for example because the branch is packed. */
export type LooseTip = { readonly kind: 'commit'; readonly commit: string } | { readonly kind: 'none' | 'unclear' };

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})\n$/;

/** Where branches point, read from git's files without starting git: for callers that look often. */
export class LooseTips {
  private packed: string | null = null;

  constructor(private readonly repo: Pick<Repository, 'commonDir'>) {}

  tipOf(ref: string): LooseTip {
    try {
      const text = readFileSync(join(this.repo.commonDir, ref), 'latin1');
      return COMMIT.test(text) ? { kind: 'commit', commit: text.trim() } : { kind: 'unclear' };
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') return { kind: 'unclear' };
    }
    this.packed ??= this.readPacked();
    return { kind: this.packed === UNREADABLE || this.packed.includes(` ${ref}\n`) ? 'unclear' : 'none' };
  }

  private readPacked(): string {
    try {
      if (existsSync(join(this.repo.commonDir, 'reftable'))) return UNREADABLE;
      return readFileSync(join(this.repo.commonDir, 'packed-refs'), 'utf8');
    } catch (error) {
      return errorCode(error) === 'ENOENT' ? '' : UNREADABLE;
    }
  }
}

const UNREADABLE = 'unreadable';
