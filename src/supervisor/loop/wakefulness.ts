import { keepAwake, type KeepAwake } from '../../process/programs/keep-awake.js';
import { errorText } from '../run/error-text.js';
import type { Run } from '../run/run.js';

/** Keeps the machine awake while a run has work to do, but not while the user has paused it. */
export class Wakefulness {
  private awake: Promise<KeepAwake | null> | null = null;
  private said = false;

  constructor(private readonly run: Run) {}

  observe(hasWork: boolean): void {
    if (hasWork) this.awake ??= keepAwake(this.run.env, (line) => this.sayOnce(line)).catch(this.giveUp);
    else this.close();
  }

  close(): void {
    this.awake?.then((awake) => {
      awake?.release();
    }, this.giveUp);
    this.awake = null;
  }

  /** The run continues if the machine cannot be kept awake. */
  private readonly giveUp = (error: unknown): null => {
    this.sayOnce(`the machine may fall asleep: ${errorText(error)}`);
    return null;
  };

  private sayOnce(line: string): void {
    if (!this.said) this.run.log(line);
    this.said = true;
  }
}
