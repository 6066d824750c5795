import * as z from 'zod';
import { catalogue } from '../tools/catalogue.js';
import type { ToolAnnotations } from '../tools/context/define-tool.js';

/** A tool as `tools/list` answers it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  readonly outputSchema: ObjectSchema;
  readonly annotations: ToolAnnotations & { readonly title: string };
}

type ObjectSchema = z.output<typeof objectSchema>;

const objectSchema = z.looseObject({
  type: z.literal('object'),
  properties: z
    .record(z.string(), z.looseObject({ type: z.unknown().optional(), description: z.string().optional() }))
    .default({}),
  required: z.array(z.string()).optional(),
});

/** The definitions of all tools. Loads every tool: the built server has the result instead (`scripts/build.mjs`). */
export async function toolDefinitions(): Promise<ToolDefinition[]> {
  return Promise.all(
    catalogue.map(async ({ load }) => {
      const { name, title, description, input, output, annotations } = await load();
      return {
        name,
        description,
        inputSchema: listedInput(input),
        outputSchema: listedOutput(output),
        annotations: { title, ...annotations },
      };
    }),
  );
}

/** Keywords that the server checks but that cost tokens in every listing and tell a model nothing. */
const SAID_BY_THE_SERVER = new Set(['minLength', '$schema']);

function listedInput(schema: z.ZodObject): ObjectSchema {
  return objectSchema.parse(shortened(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })));
}

/**
 * The fields that every answer has, with their types. The whole schema of the answers costs three times as many tokens
 * as everything else in the listing, and a model that reads an answer does not need it.
 */
function listedOutput(schema: z.ZodObject): ObjectSchema {
  const { properties, required = [] } = objectSchema.parse(
    z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }),
  );
  return {
    type: 'object',
    description: 'quotes untrusted text',
    properties: Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => required.includes(name))
        .map(([name, { type, description = '' }]) => [
          name,
          {
            ...(type === undefined ? {} : { type }),
            ...(description.includes('untrusted') ? { description: 'untrusted' } : {}),
          },
        ]),
    ),
  };
}

function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]: [string, unknown]) =>
      SAID_BY_THE_SERVER.has(key) || isSafeInteger(each) ? [] : [[key, shortened(each)]],
    ),
  );
}

/** The bound that zod writes for every whole number. */
function isSafeInteger(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) === Number.MAX_SAFE_INTEGER;
}
