import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const SECOND = 1_000;

interface Project {
  readonly name: string;
  /** Projects of one number run at the same time, and one number after the other. */
  readonly order: number;
  readonly timeoutMs: number;
  readonly files: number;
  readonly bundle: boolean;
}

/** `files`: how many test files run at once. Real processes compete for cores and each real Claude takes 300 MB. */
const projects: readonly Project[] = [
  { name: 'unit', order: 0, timeoutMs: 5 * SECOND, files: 2, bundle: false },
  { name: 'integration', order: 1, timeoutMs: 60 * SECOND, files: 3, bundle: true },
  { name: 'contract', order: 2, timeoutMs: 60 * SECOND, files: 3, bundle: true },
  { name: 'e2e', order: 2, timeoutMs: 180 * SECOND, files: 3, bundle: true },
];

/** Short files that take long: begun last, they would keep one worker busy while the others have nothing left to do. */
const LONG = /\/fault\/|\/full-story\.test\.ts$/;

/** Vitest begins with the largest files where it does not know yet how long they take. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const order = ({ project: { config }, moduleId }: TestSpecification): number =>
      config.sequence.groupOrder * 2 + (LONG.test(moduleId) ? 0 : 1);
    return sorted.sort((one, other) => order(one) - order(other));
  }
}

function project({ name, order, timeoutMs, files, bundle }: Project): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      pool: 'forks',
      maxWorkers: files,
      sequence: { groupOrder: order },
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      globalSetup: [
        'test/support/files/memory-folder.mjs',
        ...(bundle ? ['test/support/programs/fresh-bundle.mjs'] : []),
      ],
    },
  };
}

export default defineConfig({
  plugins: [
    {
      // The bundler's text loader for agents/*.md, for tests that run the sources.
      name: 'markdown-as-text',
      transform: (source, id) => (id.endsWith('.md') ? `export default ${JSON.stringify(source)};` : null),
    },
  ],
  test: {
    projects: projects.map(project),
    sequence: { sequencer: LongFirst },
    restoreMocks: true,
    unstubEnvs: true,
  },
});
