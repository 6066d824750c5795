import { endKept, type KeptProcesses } from './end-kept.js';

/** Runs `use`, which names the processes its commands may leave running, and ends these processes afterwards. */
export async function withServices<T>(
  killAfterMs: number,
  use: (keep: (processes: KeptProcesses) => void) => Promise<T>,
): Promise<T> {
  const services: KeptProcesses[] = [];
  try {
    return await use((processes) => services.push(processes));
  } finally {
    for (const each of services) await endKept(each, killAfterMs);
  }
}
