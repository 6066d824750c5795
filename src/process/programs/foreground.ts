import { execa } from 'execa';

/** Runs a program in the foreground with the user's terminal for input, output and Ctrl+C. Returns its exit code. */
export async function runInForeground(
  argv: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<number> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('runInForeground needs a program');
  const ignore = (): void => undefined; // the terminal sends Ctrl+C to both; the program handles it
  process.on('SIGINT', ignore);
  try {
    const result = await execa(program, args, { cwd, env, extendEnv: false, stdio: 'inherit', reject: false });
    return result.exitCode ?? 130; // ended by a signal
  } finally {
    process.removeListener('SIGINT', ignore);
  }
}
