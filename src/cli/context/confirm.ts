import { createInterface } from 'node:readline/promises';
import { screenText } from '../../core/text/screen-text.js';

/** Asks `<question> [y/N]`; true for y or yes, false for everything else and for the end of input. */
export async function confirm(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const closed = new Promise<string>((resolve) => {
      prompt.once('close', () => {
        resolve('');
      });
    });
    const answer = await Promise.race([prompt.question(`${screenText(question)} [y/N] `), closed]);
    return /^(y|yes)$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
