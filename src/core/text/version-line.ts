/** Of what a program printed for `--version` the line that has the version: others are warnings. Empty for no output. */
export function versionLine(output: string): string {
  const lines = output.trim().split('\n');
  return (lines.find((line) => /\d+\.\d+\.\d+/.test(line)) ?? lines[0] ?? '').trim();
}
