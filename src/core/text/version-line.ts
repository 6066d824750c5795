/**
 * The line with the version in a program's output for `--version`; others may be warnings. Empty if there is no output.
 */
export function versionLine(output: string): string {
  const lines = output.trim().split('\n');
  return (lines.find((line) => /\d+\.\d+\.\d+/.test(line)) ?? lines[0] ?? '').trim();
}
