import { basename } from 'node:path';
import * as z from 'zod';
import type { Scope } from '../../core/plan/plan.js';
import { EMPTY_SCOPE, parseScope } from '../../core/scope/parse-scope.js';
import type { FaultCollector } from '../files/fault-collector.js';
import type { PlanFile } from './plan-folder.js';
import { parseYaml } from '../files/safe-yaml.js';
import { schemaFaults } from '../files/schema-faults.js';
import { TASK_KEY_FIXES, taskKeysSchema, waveNumber, type TaskKeys } from './task-keys.js';

export interface TaskFile {
  readonly name: string;
  /** The file's name without `.md`. */
  readonly stem: string;
  /** Null if the file does not set it. */
  readonly id: string | null;
  readonly wave: number | null;
  readonly keys: TaskKeys;
  readonly scope: Scope;
  /** The text after the frontmatter. */
  readonly body: string;
}

/** YAML between two lines of dashes at the start of a file. */
export const FRONTMATTER = /^---[ \t]*\r?\n(?:(.*?)\r?\n)?---[ \t]*(?:\r?\n|$)/s;
const FENCE = /^\s{0,3}(```+|~~~+)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*\s*$/;
/** `Scope`, also numbered, as in `2. Scope`. */
const SCOPE_TITLE = /^(?:\d+(?:\.\d+)*[.)]?\s+)?scope$/i;

const frontmatterSchema = taskKeysSchema.extend({ id: z.string().nullish(), wave: waveNumber.nullish() });

export function stemOf(path: string): string {
  return basename(path).replace(/\.md$/i, '');
}

/** Reads a task file: YAML frontmatter, then Markdown with a `## Scope` section. Null after a fault. */
export function parseTaskFile(file: PlanFile, faults: FaultCollector): TaskFile | null {
  const frontmatter = FRONTMATTER.exec(file.text);
  if (frontmatter === null && file.text.startsWith('---')) {
    return faults.add(file.name, 'the frontmatter is not closed', 'Close it with a line of three dashes, ---.');
  }
  const parsed = parseYaml(frontmatter?.[1] ?? '');
  if (parsed.kind === 'fault') return faults.add(file.name, parsed.problem, parsed.fix);
  const given = parsed.value ?? {};
  const keys = frontmatterSchema.safeParse(given);
  if (!keys.success) {
    faults.addAll(
      schemaFaults(file.name, [], { schema: frontmatterSchema, input: given, error: keys.error }, TASK_KEY_FIXES),
    );
    return null;
  }
  const body = file.text.slice(frontmatter?.[0].length ?? 0);
  return {
    name: file.name,
    stem: stemOf(file.name),
    id: keys.data.id ?? null,
    wave: keys.data.wave ?? null,
    keys: keys.data,
    scope: readScope(file.name, body, faults),
    body,
  };
}

function readScope(name: string, body: string, faults: FaultCollector): Scope {
  const section = scopeSection(body);
  if (section === null) return EMPTY_SCOPE;
  const { scope, problems } = parseScope(section);
  faults.addAll(problems.map(({ problem, fix }) => ({ file: name, problem: `Scope: ${problem}`, fix })));
  return scope;
}

/** The text from the heading `Scope` to the next heading of the same or a higher level, ignoring code blocks. */
export function scopeSection(body: string): string | null {
  let fence: string | null = null;
  let level: number | null = null;
  const section: string[] = [];
  for (const line of body.split(/\r?\n/)) {
    const mark = FENCE.exec(line)?.[1]?.slice(0, 3) ?? null;
    if (mark !== null && (fence === null || fence === mark)) fence = fence === null ? mark : null;
    const heading = fence === null ? HEADING.exec(line) : null;
    const depth = heading?.[1]?.length ?? null;
    if (level !== null && depth !== null && depth <= level) break;
    if (level !== null && mark === null) section.push(line);
    if (level === null && depth !== null && SCOPE_TITLE.test(heading?.[2] ?? '')) level = depth;
  }
  return level === null ? null : section.join('\n');
}
