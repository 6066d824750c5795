import * as z from 'zod';
import { heldViewSchema } from '../../core/held/finding.js';

export const mergeTaskSchema = z.object({
  id: z.string(),
  state: z.string(),
  landed: z.string().optional().describe('commit of the target that merged it'),
  files: z.array(z.string()).optional().describe('conflicting files: untrusted'),
  moreFiles: z.number().optional(),
  message: z.string().optional().describe('untrusted'),
  hint: z.string().optional(),
  held: heldViewSchema.optional().describe('the user must decide before it lands'),
});
