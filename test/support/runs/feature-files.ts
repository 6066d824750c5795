import type { RunOptions } from './run-fixture.js';

export interface FeatureFixture {
  /** Rows of "Files to Create/Modify", `src/app.ts: Modify`; the feature's own new file when not given. */
  readonly files?: readonly string[];
  readonly dependsOn?: readonly string[];
  /** In place of the section's text; null leaves the section out. */
  readonly sections?: Readonly<Record<string, string | null>>;
  readonly stories?: number;
}

const SECTIONS: Readonly<Record<string, string | null>> = {
  'Feature Intent': 'Why.',
  Scope: '### In Scope\n\n- Everything',
  'Behaviour Overview': 'How.',
};

/** The documents of a feature that is ready, as paths from the top of the repository. */
export function featureFiles(slug: string, feature: FeatureFixture = {}): Record<string, string> {
  const { files = [`src/${slug}.ts: Create`], dependsOn, sections = {}, stories = 1 } = feature;
  const dir = `.blueprint/features/feature_${slug}`;
  const frontmatter = dependsOn === undefined ? '' : `---\ndepends_on: [${dependsOn.join(', ')}]\n---\n\n`;
  const body = Object.entries({ ...SECTIONS, ...sections }).flatMap(([title, text], index) =>
    text === null ? [] : [`## ${String(index + 1)}. ${title}\n\n${text}\n\n---\n`],
  );
  const rows = files.map((row) => {
    const [path = '', action = ''] = row.split(': ');
    return `| \`${path}\` | ${action} | Because |`;
  });
  const written = Array.from({ length: stories }, (_, index): [string, string] => [
    `${dir}/story-${String(index + 1)}.md`,
    `# Story ${String(index + 1)} of ${slug}\n\n## Acceptance Criteria\n\n- First\n- Second\n`,
  ]);
  return {
    [`${dir}/FEATURE_SPEC.md`]: `${frontmatter}# Feature Specification: ${slug}\n\n${body.join('\n')}`,
    [`${dir}/IMPLEMENTATION_PLAN.md`]: [
      '# Implementation Plan',
      '',
      '## Files to Create/Modify',
      '',
      '| Path | Action | Purpose |',
      '|------|--------|---------|',
      ...rows,
      '',
    ].join('\n'),
    ...Object.fromEntries(written),
  };
}

/** A repository with these features and no plan folder with tasks. */
export function featureRun(
  slugs: readonly string[],
  more: Partial<RunOptions> & { readonly features?: Readonly<Record<string, FeatureFixture>> } = {},
): RunOptions {
  const { features = {}, files = {}, ...options } = more;
  const documents = slugs.flatMap((slug) => Object.entries(featureFiles(slug, features[slug])));
  return { tasks: [], ...options, files: { ...Object.fromEntries(documents), ...files } };
}
