import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createColors } from 'picocolors';
import { escapeHiddenButTabs } from '../../core/text/shown-text.js';
import { screenText } from '../../core/text/screen-text.js';
import { sanitizeLine } from '../../core/text/terminal-text.js';

const PEN_NAMES = ['red', 'green', 'yellow', 'cyan', 'dim'] as const;
type PenName = (typeof PEN_NAMES)[number];
export type Colors = Readonly<Record<PenName, (text: string) => string>>;

/** Where a command prints, and what can be shown there. */
export interface Terminal {
  readonly colors: Colors;
  /** Input and output are a terminal: live lines and prompts are possible. */
  readonly interactive: boolean;
  readonly print: (text: string) => void;
  readonly warn: (text: string) => void;
  /** The text as `print` would write it, for libraries that write to the terminal themselves. */
  readonly render: (text: string) => string;
}

/**
 * All output goes through here. Colours are used only on a terminal and never with NO_COLOR; all other control
 * characters in printed texts are shown as visible escapes.
 */
export function openTerminal(env: NodeJS.ProcessEnv): Terminal {
  const noColor = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const { colors, render } = pens(process.stdout.isTTY && !noColor && env['TERM'] !== 'dumb');
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    stream.write(`${render(text)}\n`);
  };
  return {
    colors,
    render,
    interactive: process.stdin.isTTY && process.stdout.isTTY,
    print: (text) => {
      write(process.stdout, text);
    },
    warn: (text) => {
      write(process.stderr, text);
    },
  };
}

/**
 * Colours as marks that only `render` turns into escape sequences. The marks hold a random number, so that no text from
 * elsewhere can contain one.
 */
function pens(enabled: boolean): Pick<Terminal, 'colors' | 'render'> {
  const key = randomBytes(8).toString('hex');
  const ansi = createColors(true);
  const codes = new Map<string, string>();
  const pen = (name: PenName): [PenName, (text: string) => string] => {
    const [open, close] = [`<${key}:${name}>`, `</${key}:${name}>`];
    const [opens = '', closes = ''] = ansi[name]('|').split('|');
    codes.set(open, opens).set(close, closes);
    return [name, enabled ? (text) => `${open}${text}${close}` : (text) => text];
  };
  const marks = new RegExp(`(</?${key}:[a-z]+>)`);
  return {
    colors: Object.fromEntries(PEN_NAMES.map(pen)) as Record<PenName, (text: string) => string>,
    render: (text) =>
      text
        .split(marks)
        .map((part) => codes.get(part) ?? screenText(part))
        .join(''),
  };
}

/** Untrusted text as lines that cannot move the cursor or change colours; hidden characters are shown as escapes. */
export function safeLines(text: string): string {
  return text.split('\n').map(escapeHiddenButTabs).join('\n');
}

/** A hint below its message: safe lines, each indented by `columns`. */
export function hintLines(hint: string, columns: number): string {
  return safeLines(hint)
    .split('\n')
    .map((line) => `${' '.repeat(columns)}${line.trimStart()}`)
    .join('\n');
}

/** Lines of a program's output: the same, but its colours and cursor movements are left out. */
export function outputLines(text: string): string {
  return text.split('\n').map(sanitizeLine).join('\n');
}

/** Waits until printed text was written, so that megabytes of output do not pile up in memory. */
export async function stdoutDrained(): Promise<void> {
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}
