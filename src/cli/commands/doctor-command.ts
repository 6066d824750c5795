import { spelled } from '../../core/text/spelling.js';
import { inTerminal } from '../../core/base/text.js';
import { Command } from 'commander';
import { doctorFindings, type Finding } from '../../core/report/doctor.js';
import { readDoctorFacts } from '../../tools/terminal/read-doctor-facts.js';
import type { Cli } from '../context/cli-context.js';
import { hintLines, safeLines } from '../context/terminal.js';

/** `o8 doctor`: checks installed programs, the repository and leftovers of earlier runs. Changes nothing. */
export function doctorCommand({ terminal, context, exit }: Cli): Command {
  return new Command('doctor')
    .description('Check installed programs, the repository and leftovers of earlier runs')
    .option('--json', 'print the findings as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const facts = await readDoctorFacts(context);
      const findings = doctorFindings(facts);
      if (findings.some(({ level }) => level === 'problem')) exit.code = 1;
      if (json === true) {
        terminal.print(JSON.stringify({ root: facts.root, findings: spelled(findings, context.reader) }));
        return;
      }
      terminal.print(`${safeLines(facts.root)}\n`);
      for (const finding of findings) terminal.print(line(finding, terminal.colors));
    });
}

function line({ level, message, hint }: Finding, colors: Cli['terminal']['colors']): string {
  const mark = level === 'ok' ? colors.green('✓') : level === 'leftover' ? colors.yellow('•') : colors.red('✗');
  return `${mark} ${safeLines(message)}${hint === '' ? '' : `\n${hintLines(inTerminal(hint), 4)}`}`;
}
