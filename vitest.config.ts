import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { SlowestFiles } from './test/support/reports/slowest-files.js';
import longest from './test/longest-files.json' with { type: 'json' };

const SECOND = 1_000;

interface Project {
  readonly name: string;
  readonly timeoutMs: number;
  readonly bundle: boolean;
  /** Does each file have a process of its own? Without, starting one and loading modules would take most of its time. */
  readonly isolate: boolean;
}

/** The limits end tests that hang; a test of several whole runs takes a minute on a machine that others use as well. */
const projects: readonly Project[] = [
  { name: 'unit', timeoutMs: 20 * SECOND, bundle: false, isolate: false },
  { name: 'integration', timeoutMs: 120 * SECOND, bundle: true, isolate: true },
  { name: 'contract', timeoutMs: 120 * SECOND, bundle: true, isolate: true },
  { name: 'e2e', timeoutMs: 180 * SECOND, bundle: true, isolate: true },
];

/** Test files that run at once, of all projects. Each is now and then waiting; a real Claude takes 300 MB. */
const FILES_AT_ONCE = Math.max(4, availableParallelism() + 2);

/**
 * The fast ones first, which find most faults. Then those that take longest: begun last, they would keep one worker busy
 * while the others have nothing left to do.
 */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files); // by size
    const rank = ({ project: { name }, moduleId }: TestSpecification): number => {
      const place = longest.findIndex((file) => moduleId.endsWith(`/test/${file}`));
      return name === 'unit' ? -1 : place === -1 ? longest.length : place;
    };
    return sorted.sort((one, other) => rank(one) - rank(other));
  }
}

function project({ name, timeoutMs, bundle, isolate }: Project): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      pool: 'forks',
      isolate,
      maxWorkers: FILES_AT_ONCE,
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
      // Whatever reporters the command line names. Called once for each project.
      name: 'slowest-files',
      configureVitest({ vitest: { config } }) {
        const isThere = config.reporters.some((reporter) => reporter instanceof SlowestFiles);
        if (!isThere) config.reporters.push(new SlowestFiles());
      },
    },
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
