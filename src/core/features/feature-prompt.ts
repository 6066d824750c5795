import type { FeatureDocument, FeatureDocuments } from './feature.js';
import { completionRules } from '../agents/base/worker-prompt.js';
import { skillDuties } from '../agents/base/worker-rules.js';

/** The repository's command that implements a feature. */
export interface Skill {
  /** As typed: `/implement-feature`. */
  readonly command: string;
  readonly flags: string;
  /** The file that defines it, relative to the repository. */
  readonly file: string;
}

/** `/implement-feature "user-auth" --no-commit` */
export function skillCall({ command, flags }: Omit<Skill, 'file'>, slug: string): string {
  return [command, `"${slug}"`, flags.trim()].filter((part) => part !== '').join(' ');
}

/**
 * The prompt for an agent that runs the skill. An agent that runs commands (`runsCommands`) expands it from the first
 * line and would pass the rest as arguments, so the completion rules are in the system prompt. Other agents get written
 * instructions.
 */
export function skillPrompt(
  skill: Skill,
  documents: FeatureDocuments,
  runsCommands: boolean,
  verify: string | null,
): string {
  const call = skillCall(skill, documents.slug);
  if (runsCommands) return `${call}\n`;
  const sections = [
    `# Feature ${documents.slug}`,
    [
      `Run \`${call}\``,
      '',
      `The command is defined in \`${skill.file}\`: where you have no such command, read that file and do what it says.`,
      `What is known of the feature is in \`${documents.dir}/\`.`,
    ].join('\n'),
    completionRules(verify, skillDuties(skill.flags).commits),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The prompt if the repository has no such skill: the unchanged spec, stories and plan, and the completion rules. */
export function documentsPrompt(documents: FeatureDocuments, verify: string | null): string {
  const { slug, dir, spec, stories, plan } = documents;
  const sections = [
    `# Feature ${slug}`,
    `Implement this feature: its specification, stories and plan follow, as they are in \`${dir}/\`. Write the tests they ask for.`,
    ...section('Specification', spec),
    ...stories.flatMap((story) => section('Story', story)),
    ...section('Implementation plan', plan),
    completionRules(verify),
  ];
  return `${sections.join('\n\n')}\n`;
}

function section(title: string, document: FeatureDocument | null): string[] {
  return document === null ? [] : [`## ${title} (${document.path})\n\n${document.text.trim()}`];
}
