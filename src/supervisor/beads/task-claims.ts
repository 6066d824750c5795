import { setTimeout as delay } from 'node:timers/promises';
import { failpoint } from '../../core/base/failpoint.js';
import { refusedClaim, type RefusedClaim } from '../../core/beads/refused-claim.js';
import type { BdOutcome } from '../../sources/beads/bd.js';
import { errorText } from '../run/error-text.js';
import type { Claim, Claims } from '../run/claims.js';
import type { BdDoor } from './bd-door.js';

/** As long as a call takes on a busy machine; an agent then starts without it, and Beads is told later. */
const CLAIM_MS = 10_000;
const OURS: Claim = { kind: 'ours' };

interface Waiting {
  readonly task: string;
  readonly answer: (claim: Claim) => void;
}

/** Claims issues: those that are due together in one call, and those that come meanwhile in the next. */
export class TaskClaims implements Claims {
  private waiting: Waiting[] = [];
  private asking = false;
  /** The last call did not answer in time: until one does, nobody waits for another. */
  private slow = false;

  constructor(
    private readonly door: BdDoor,
    private readonly log: (line: string) => void,
    /** An issue that is taken from whoever has it, and by whom. */
    private readonly taken: { readonly id: string; readonly actor: string } | null,
  ) {}

  async claim(task: string): Promise<Claim> {
    const answered = new Promise<Claim>((answer) => {
      this.waiting.push({ task, answer });
    });
    this.ask();
    if (this.slow) return Promise.race([answered, Promise.resolve(OURS)]);
    const late = new AbortController();
    const inTime = delay(CLAIM_MS, null, { signal: late.signal, ref: false }).then(
      () => {
        if (!this.slow) this.log(`beads: claims take longer than ${String(CLAIM_MS / 1000)} s; agents start without`);
        this.slow = true;
        return OURS;
      },
      () => OURS,
    );
    const claim = await Promise.race([answered, inTime]);
    late.abort();
    return claim;
  }

  async labels(task: string): Promise<readonly string[]> {
    try {
      const listed = [{ id: task, commentCount: 0 }];
      const [issue] = await this.door.call(async (bd) => bd.details(listed), { first: true });
      return issue?.labels ?? [];
    } catch (error) {
      this.log(`beads: labels of ${task}: ${errorText(error)}`);
      return [];
    }
  }

  private ask(): void {
    if (this.asking) return;
    this.asking = true;
    // Everything that starts with one tick of the loop asks before this is called.
    setImmediate(() => {
      this.askAll().catch((error: unknown) => this.log(`beads: claims: ${errorText(error)}`));
    });
  }

  private async askAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      const claims = await this.claimAll(batch.map(({ task }) => task));
      for (const { task, answer } of batch) answer(claims.get(task) ?? OURS);
    }
    this.asking = false;
  }

  /** Null: it is taken over now. */
  private async takeOver(id: string, why: string): Promise<RefusedClaim | null> {
    const refused = refusedClaim(id, why);
    if (this.taken?.id !== id || refused.kind !== 'taken') return refused;
    const { actor } = this.taken;
    const change = { claim: false, unassign: false, assign: actor, addLabels: [], removeLabels: [] };
    const take = { kind: 'update', ids: [id], status: 'in_progress', ...change } as const;
    await this.door.call(async (bd) => bd.tell(take), { first: true });
    this.log(`beads: ${id} was ${refused.note.replace(' in Beads', '')} and is taken over`);
    return null;
  }

  private async claimAll(ids: readonly string[]): Promise<ReadonlyMap<string, Claim>> {
    const nothing = { status: null, unassign: false, addLabels: [], removeLabels: [] };
    try {
      const outcome: BdOutcome = await this.door.call(
        async (bd) => {
          failpoint('beads.claim.before');
          const answer = await bd.tell({ kind: 'update', ids, claim: true, ...nothing });
          failpoint('beads.claim.after');
          return answer;
        },
        { first: true },
      );
      this.slow = false;
      const claims = new Map<string, Claim>();
      for (const { id, why } of outcome.refused) {
        const refused = await this.takeOver(id, why);
        if (refused !== null) claims.set(id, refused);
      }
      return claims;
    } catch (error) {
      this.log(`beads: not claimed yet: ${errorText(error)}`);
      return new Map();
    }
  }
}
