import { o8 } from '../../core/base/text.js';
import { Command } from 'commander';
import { O8Error } from '../../core/base/errors.js';
import { trustAnswer } from '../../core/trust/trust.js';
import { acceptDigest, consentPlace, revoke, trustOfRepository } from '../../tools/terminal/give-consent.js';
import { confirm } from '../context/confirm.js';
import { printTrustItems } from '../print/print-trust.js';
import type { Cli } from '../context/cli-context.js';
import { safeLines } from '../context/terminal.js';

interface Flags {
  readonly accept?: string;
  readonly revoke?: boolean;
  readonly json?: boolean;
}

/** `o8 trust`: shows the files of the repository that run programs or change what agents may do, and asks to accept them. */
export function trustCommand(cli: Cli): Command {
  return new Command('trust')
    .description('Show and accept files of this repository that run programs or change what agents may do')
    .option('--accept <digest>', 'accept the files with this digest, without asking')
    .option('--revoke', 'revoke everything accepted for this repository')
    .option('--json', 'print the answer as JSON; do not ask')
    .action(async (flags: Flags) => {
      if (flags.accept !== undefined && flags.revoke === true)
        throw new O8Error('usage', '--accept and --revoke cannot be combined.', 'o8 trust --help');
      if (flags.revoke === true) await revokeAll(cli, flags);
      else if (flags.accept !== undefined) await acceptOne(cli, flags, flags.accept);
      else await showAndAsk(cli, flags);
    });
}

async function showAndAsk({ terminal, context, exit }: Cli, flags: Flags): Promise<void> {
  const trust = await trustOfRepository(context);
  if (flags.json === true) {
    terminal.print(JSON.stringify(trustAnswer(trust)));
    return;
  }
  if (trust.items.length === 0) {
    terminal.print('This repository has no files that need to be accepted.');
    return;
  }
  printTrustItems(trustAnswer(trust).items ?? [], terminal);
  terminal.print(`\nDigest: ${trust.digest}`);
  if (!trust.needed) {
    terminal.print(
      `Accepted${trust.acceptedAt === null ? '' : ` on ${trust.acceptedAt.slice(0, 10)}`}. To revoke: o8 trust --revoke`,
    );
    return;
  }
  if (!terminal.interactive)
    throw new O8Error(
      'usage',
      'There is no terminal to ask for confirmation on.',
      o8('trust', { accept: trust.digest }),
    );
  if (!(await confirm('\nAccept this for all runs in this repository?'))) {
    terminal.print('\nNot accepted.');
    exit.code = 0;
    return;
  }
  await acceptDigest(trust.digest, context); // reads the files again and refuses them if they differ from what was shown
  terminal.print(`\nAccepted (${consentPlace(context)}). If these files change, o8 asks again.`);
}

async function acceptOne({ terminal, context }: Cli, flags: Flags, digest: string): Promise<void> {
  const accepted = await acceptDigest(digest, context);
  if (flags.json === true) terminal.print(JSON.stringify({ accepted }));
  else terminal.print(safeLines(`Accepted: ${accepted.join(', ')}`));
}

async function revokeAll({ terminal, context }: Cli, flags: Flags): Promise<void> {
  const revoked = await revoke(context);
  if (flags.json === true) terminal.print(JSON.stringify({ revoked }));
  else if (revoked.length === 0) terminal.print('Nothing was accepted for this repository.');
  else terminal.print(safeLines(`No longer accepted: ${revoked.join(', ')}. An active run starts no more agents.`));
}
