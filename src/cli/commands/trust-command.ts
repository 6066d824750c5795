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

/** `o8 trust`: shows what the repository brings that runs or redirects, and asks whether to accept it. */
export function trustCommand(cli: Cli): Command {
  return new Command('trust')
    .description('Show what this repository brings that runs programs or changes what agents may do, and accept it')
    .option('--accept <digest>', 'accept what has this digest, without a terminal')
    .option('--revoke', 'withdraw the consent for this repository')
    .option('--json', 'print the answer as JSON; asks nothing')
    .action(async (flags: Flags) => {
      if (flags.accept !== undefined && flags.revoke === true)
        throw new O8Error('usage', '--accept and --revoke exclude each other.', 'o8 trust --help');
      if (flags.revoke === true) await takeBack(cli, flags);
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
    terminal.print('This repository brings nothing that needs to be accepted.');
    return;
  }
  printTrustItems(trustAnswer(trust).items ?? [], terminal);
  terminal.print(`\nDigest: ${trust.digest}`);
  if (!trust.needed) {
    terminal.print(
      `Accepted${trust.acceptedAt === null ? '' : ` on ${trust.acceptedAt.slice(0, 10)}`}. Take it back with: o8 trust --revoke`,
    );
    return;
  }
  if (!terminal.interactive)
    throw new O8Error('usage', 'There is no terminal to ask on.', o8('trust', { accept: trust.digest }));
  if (!(await confirm('\nAccept this for all runs in this repository?'))) {
    terminal.print('\nNot accepted.');
    exit.code = 0;
    return;
  }
  await acceptDigest(trust.digest, context); // reads again: what was accepted is what was shown
  terminal.print(`\nAccepted (${consentPlace(context)}). A change of these files asks again.`);
}

async function acceptOne({ terminal, context }: Cli, flags: Flags, digest: string): Promise<void> {
  const accepted = await acceptDigest(digest, context);
  if (flags.json === true) terminal.print(JSON.stringify({ accepted }));
  else terminal.print(safeLines(`Accepted: ${accepted.join(', ')}`));
}

async function takeBack({ terminal, context }: Cli, flags: Flags): Promise<void> {
  const revoked = await revoke(context);
  if (flags.json === true) terminal.print(JSON.stringify({ revoked }));
  else if (revoked.length === 0) terminal.print('Nothing was accepted for this repository.');
  else terminal.print(safeLines(`No longer accepted: ${revoked.join(', ')}. A live run starts no further agents.`));
}
