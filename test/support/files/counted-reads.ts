import type * as fs from 'node:fs';
import type * as promises from 'node:fs/promises';

/** What was read since `forgetReads`. A folder: one scan each; a file: one opening each, and the bytes. */
const scans: string[] = [];
const openings: string[] = [];
const bytes = new Map<string, number>();

export function forgetReads(): void {
  scans.length = 0;
  openings.length = 0;
  bytes.clear();
}

/** How often the folder was listed. */
export function scansOf(folder: string): number {
  return scans.filter((path) => path === folder).length;
}

/** How often the file was opened to be read. */
export function openingsOf(file: string): number {
  return openings.filter((path) => path === file).length;
}

export function bytesReadOf(file: string): number {
  return bytes.get(file) ?? 0;
}

/** `node:fs/promises` that notes what is read; for `vi.mock`. */
export function countedPromises(real: typeof promises): typeof promises {
  return {
    ...real,
    readdir: noting(scans, real.readdir),
    readFile: noting(openings, real.readFile),
    open: async (path, flags, mode) => {
      const file = await real.open(path, flags, mode);
      if (flags === undefined || flags === 'r' || (typeof flags === 'number' && (flags & 3) === 0))
        openings.push(String(path));
      const read = file.read.bind(file) as (...given: unknown[]) => Promise<{ bytesRead: number }>;
      Object.assign(file, {
        read: async (...given: unknown[]) => {
          const result = await read(...given);
          bytes.set(String(path), bytesReadOf(String(path)) + result.bytesRead);
          return result;
        },
      });
      return file;
    },
  };
}

/** The same for `node:fs`. */
export function countedFs(real: typeof fs): typeof fs {
  return {
    ...real,
    readdirSync: noting(scans, real.readdirSync),
    readFileSync: noting(openings, real.readFileSync),
  };
}

function noting<F extends (...given: never[]) => unknown>(list: string[], real: F): F {
  const noted = (...given: Parameters<F>): unknown => {
    list.push(String(given[0]));
    return real(...given);
  };
  return noted as F;
}
