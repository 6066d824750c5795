/** One living process; `start` is the kernel's start time as text, comparable only on the same machine and boot. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** The session's id, 0 where the system does not tell it (macOS). */
  readonly session: number;
  readonly start: string;
}

/** What o8 asks the operating system about processes. A zombie has ended and is not in the table. */
export interface ProcessTable {
  read(pid: number): Promise<ProcessEntry | null>;
  /** The same for a child of our own, which keeps its start time until it is reaped, zombie or not. */
  readChild(pid: number): Promise<ProcessEntry | null>;
  list(): Promise<ProcessEntry[]>;
  /** Pids of those of our user's processes that were started with this `NAME=value` in their environment. */
  withEnvironment(entry: string): Promise<ReadonlySet<number>>;
  /** Its program and arguments, separated by blanks; null when it has gone or is not ours to see. */
  commandLine(pid: number): Promise<string | null>;
  /** Names the boot of this machine; pids and start times mean nothing across boots. */
  bootId(): Promise<string>;
  /** Names the pid namespace; empty where the system has none. */
  pidNamespace(): Promise<string>;
}
