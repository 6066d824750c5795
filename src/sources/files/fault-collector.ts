import { o8, text, type Text } from '../../core/base/text.js';
import { faultsError, type Fault, type O8Error } from '../../core/base/errors.js';
import { counted } from '../../core/text/counted.js';
import type { SourceWarning } from '../../core/plan/plan.js';

/** Collects the faults of a folder, so that all of them are reported together. */
export class FaultCollector {
  readonly #faults: Fault[] = [];
  readonly #warnings: SourceWarning[] = [];

  /** Returns null, for a caller that then has nothing else to return. */
  add(file: string, problem: string, fix: Text): null {
    // A file that two tasks could refer to is read for both.
    const known = this.#faults.some((fault) => fault.file === file && fault.problem === problem);
    if (!known) this.#faults.push({ file, problem, fix });
    return null;
  }

  addAll(faults: readonly Fault[]): void {
    for (const { file, problem, fix } of faults) this.add(file, problem, fix);
  }

  /** A warning: the input was understood, but may not be what was intended. */
  warn(message: string, hint: Text, tasks: readonly string[] = []): void {
    this.#warnings.push({ message, hint, tasks });
  }

  get warnings(): readonly SourceWarning[] {
    return this.#warnings;
  }

  get all(): readonly Fault[] {
    return this.#faults;
  }

  get empty(): boolean {
    return this.#faults.length === 0;
  }

  toError(dir: string): O8Error {
    const count = counted(this.#faults.length, 'fault');
    const hint = text`Correct ${this.#faults.length === 1 ? 'it' : 'them'} and run: ${o8('plan', [dir])}`;
    return faultsError(`The plan in '${dir}' has ${count}:`, hint, this.#faults);
  }
}
