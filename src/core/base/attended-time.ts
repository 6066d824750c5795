/** More than any pause between two looks of a process that runs; a longer one means that it was stopped or frozen. */
const MOST_STEP_MS = 5_000;

/**
 * A clock that counts only while somebody looks at it. After a suspended machine, a frozen container or a SIGSTOP, the
 * agents have had no more time to answer than their supervisor had to read it.
 */
export class AttendedTime {
  private last: number;
  private passed = 0;

  /** `real`: milliseconds of a clock that only goes forward. */
  constructor(real: number) {
    this.last = real;
  }

  /** Milliseconds that were attended up to `real`. */
  at(real: number): number {
    this.passed += Math.min(MOST_STEP_MS, Math.max(0, real - this.last));
    this.last = Math.max(this.last, real);
    return this.passed;
  }
}
