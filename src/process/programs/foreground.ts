import { execa } from 'execa';

/** Runs a program for the person at the terminal: input, output and Ctrl+C are theirs. Gives its exit code. */
export async function runInForeground(
  argv: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<number> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('runInForeground needs a program');
  const ignore = (): void => undefined; // the terminal sends the signal to both; the program decides what it means
  process.on('SIGINT', ignore);
  try {
    const result = await execa(program, args, { cwd, env, extendEnv: false, stdio: 'inherit', reject: false });
    return result.exitCode ?? 130; // ended by a signal
  } finally {
    process.removeListener('SIGINT', ignore);
  }
}
