import type { ProcessTable } from './process-entry.js';
import * as linux from './linux-processes.js';
import * as macos from './macos-processes.js';

export const processTable: ProcessTable = process.platform === 'darwin' ? macos.table : linux.table;
