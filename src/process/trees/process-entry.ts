/** One live process; `start` is the kernel's start time as text, comparable only on the same machine and boot. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** The session's id, 0 if the system does not report it (macOS). */
  readonly session: number;
  readonly start: string;
}

/** What o8 asks the operating system about processes. A zombie has ended and is not included. */
export interface ProcessTable {
  read(pid: number): Promise<ProcessEntry | null>;
  /** The same for a child of this process, which keeps its start time until it is reaped, even as a zombie. */
  readChild(pid: number): Promise<ProcessEntry | null>;
  list(): Promise<ProcessEntry[]>;
  /** Pids of the user's processes that were started with this `NAME=value` in their environment. */
  withEnvironment(entry: string): Promise<ReadonlySet<number>>;
  /** Program and arguments, separated by blanks; null if it has ended or is not visible. */
  commandLine(pid: number): Promise<string | null>;
  /** Identifies the boot of this machine; pids and start times are only valid within one boot. */
  bootId(): Promise<string>;
  /** Identifies the pid namespace; empty if the system has none. */
  pidNamespace(): Promise<string>;
}
