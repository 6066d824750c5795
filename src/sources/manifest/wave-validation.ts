import * as z from 'zod';
import type { FaultCollector } from '../files/fault-collector.js';
import { schemaFaults } from '../files/schema-faults.js';
import { shellCommand, TASK_KEY_FIXES, waveNumber } from './task-keys.js';

const wavesSchema = z.looseObject({
  waves: z
    .array(
      z
        .preprocess(withNumber, z.looseObject({ number: waveNumber, validation: z.unknown() }))
        .nullable()
        .catch(null),
    )
    .catch([]),
});

/** Accepts a wave whose number is in the key `wave`. */
export function withNumber(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'number' in value || !('wave' in value)) return value;
  return { ...value, number: value.wave };
}

/** The commands of `waves[].validation`, by wave; a version 1 manifest may have them too. */
export function readValidations(faults: FaultCollector, file: string, manifest: object): Map<number, string> {
  const validations = new Map<number, string>();
  for (const [index, wave] of wavesSchema.parse(manifest).waves.entries()) {
    if (wave?.validation === undefined || wave.validation === null) continue;
    const command = shellCommand.safeParse(wave.validation);
    if (command.success) validations.set(wave.number, command.data);
    else
      faults.addAll(
        schemaFaults(
          file,
          ['waves', String(index), 'validation'],
          { schema: shellCommand, input: wave.validation, error: command.error },
          TASK_KEY_FIXES,
        ),
      );
  }
  return validations;
}
