import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import * as z from 'zod';

const noteSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('node'), pid: z.number(), script: z.string() }),
  z.object({ kind: z.literal('starts'), by: z.number(), program: z.string(), args: z.array(z.string()) }),
]);
type Note = z.output<typeof noteSchema>;

/** What one kind of o8's processes started. */
export interface Started {
  /** Processes of this kind. */
  readonly processes: number;
  /** Command lines of git without `-c` settings, counted by a stand-in on PATH. */
  readonly git: readonly string[];
  /** Everything else, as program and first argument, by base names. */
  readonly others: readonly string[];
}

/**
 * Counts the processes of a test: git by a stand-in on PATH that notes its caller and becomes the real one, all others in the
 * Node process that starts them.
 */
export class CountedProcesses {
  private constructor(
    private readonly folder: string,
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async in(folder: string): Promise<CountedProcesses> {
    const bin = join(folder, 'bin');
    await mkdir(bin, { recursive: true });
    const real = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    // One printf, so that the lines of processes that start at the same time do not mix.
    const standIn = `#!/bin/sh\nprintf '%s\\036' "$PPID $*" >> "$PROCESS_NOTES.git"\nexec '${real}' "$@"\n`;
    await writeFile(join(bin, 'git'), standIn);
    await chmod(join(bin, 'git'), 0o755);
    return new CountedProcesses(folder, {
      PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
      PROCESS_NOTES: join(folder, 'processes'),
      NODE_OPTIONS: `--require ${join(import.meta.dirname, 'note-processes.cjs')}`,
    });
  }

  /** By the name of the bundle that runs in the process: `o8.js`, `supervisor.js`. */
  async startedBy(script: string): Promise<Started> {
    const notes = await this.#notes();
    const pids = new Set(
      notes.flatMap((note) => (note.kind === 'node' && basename(note.script) === script ? note.pid : [])),
    );
    const others = notes.flatMap((note) => (note.kind === 'starts' && pids.has(note.by) ? commandOf(note) : []));
    const git = (await this.#gitCalls()).filter(({ caller }) => pids.has(caller)).map(({ command }) => command);
    return { processes: pids.size, git, others };
  }

  async #notes(): Promise<Note[]> {
    const lines = (await readFile(join(this.folder, 'processes'), 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => noteSchema.parse(JSON.parse(line)));
  }

  async #gitCalls(): Promise<{ caller: number; command: string }[]> {
    const file = join(this.folder, 'processes.git');
    const records = existsSync(file) ? (await readFile(file, 'utf8')).split('\u001e').slice(0, -1) : [];
    return records.map((record) => ({
      caller: Number.parseInt(record, 10),
      command: record.slice(record.indexOf(' ') + 1).replace(/-c \S+ /g, ''),
    }));
  }
}

function commandOf({ program, args }: Extract<Note, { kind: 'starts' }>): string[] {
  if (basename(program) === 'git') return []; // counted by the stand-in
  return [[program, ...args.slice(0, 1)].map((word) => basename(word)).join(' ')];
}
