import * as z from 'zod';

const permissionMode = z.enum(['default', 'manual', 'acceptEdits', 'auto', 'dontAsk', 'plan', 'bypassPermissions']);

/** `agent` and each of `agents` in the settings file. The agent kinds are defined in `agents/kinds.ts`, not here. */
export const agentFileSchema = z
  .strictObject({
    kind: z.string().min(1),
    command: z.array(z.string()).min(1),
    model: z.string().min(1),
    permissionMode,
    allowedTools: z.array(z.string().min(1)),
    settings: z.record(z.string(), z.unknown()),
    maxTurns: z.number().int().min(1).max(10_000),
    /** The exit code with which `command` reports a usage limit. */
    rateLimitExitCode: z.number().int().min(1).max(255),
  })
  .partial();
export type AgentFile = z.infer<typeof agentFileSchema>;

/** The same with every value set. `kind` null: determined from `command`, see `agentKind`. */
export const agentSettingsSchema = z.strictObject({
  kind: z.string().nullable().default(null),
  command: z.array(z.string()).nullable(),
  model: z.string().nullable(),
  permissionMode,
  allowedTools: z.array(z.string()),
  settings: z.record(z.string(), z.unknown()),
  maxTurns: z.number().nullable(),
  rateLimitExitCode: z.number().nullable(),
});
export type AgentSettings = z.infer<typeof agentSettingsSchema>;

export const DEFAULT_AGENT: AgentSettings = {
  kind: null,
  command: null,
  model: null,
  permissionMode: 'dontAsk',
  allowedTools: [],
  settings: {},
  maxTurns: null,
  rateLimitExitCode: null,
};

/** `agent.command` without `kind` means an agent of kind `command`; without both, Claude is used. */
export function agentKind({ kind, command }: Pick<AgentSettings, 'kind' | 'command'>): string {
  return kind ?? (command === null ? 'claude' : 'command');
}

/**
 * A named agent (`agents.<name>`): its own settings override those of `agent`. If it is of another kind, only its own
 * are used, because models, permissions and arguments differ between programs.
 */
export function variantOf(base: AgentSettings, variant: AgentFile): AgentSettings {
  const own = decided(variant);
  const kind = agentKind({ kind: variant.kind ?? null, command: variant.command ?? null });
  const said = variant.kind !== undefined || variant.command !== undefined;
  if (!said || kind === agentKind(base)) return { ...base, ...own };
  return { ...DEFAULT_AGENT, ...own };
}

function decided(variant: AgentFile): Partial<AgentSettings> {
  return Object.fromEntries(Object.entries(variant).filter(([, value]) => value !== undefined));
}

interface Agents {
  readonly agent: AgentSettings;
  readonly agents: Readonly<Record<string, AgentSettings>>;
}

/** The value of a task's `agent` key if the user's settings define an agent of that name; otherwise null. */
export function knownAgent({ agents }: Pick<Agents, 'agents'>, name: string | null): string | null {
  return name !== null && Object.hasOwn(agents, name) ? name : null;
}

/** The settings of that agent; for a task without a known agent, those of the run's agent. */
export function agentSettingsOf(settings: Agents, name: string | null): AgentSettings {
  const known = knownAgent(settings, name);
  return known === null ? settings.agent : (settings.agents[known] ?? settings.agent);
}
