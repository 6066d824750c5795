/** Numbers of verify runs, each used once, because a landing may be verified at the same time as a merge. */
export class VerifyNumbers {
  private last = 0;

  /** `recorded`: the highest number in the journal. */
  next(recorded: number): number {
    this.last = Math.max(this.last, recorded) + 1;
    return this.last;
  }
}
