import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const SECOND = 1_000;

interface Project {
  readonly name: string;
  /** Projects run one after the other in this order, so that slow ones never share the machine with quick ones. */
  readonly order: number;
  readonly timeoutMs: number;
  readonly files: number;
  readonly bundle: boolean;
}

/** `files`: how many test files run at once. Real processes compete for cores and each real Claude takes 300 MB. */
const projects: readonly Project[] = [
  { name: 'unit', order: 0, timeoutMs: 5 * SECOND, files: 2, bundle: false },
  { name: 'integration', order: 1, timeoutMs: 60 * SECOND, files: 3, bundle: true },
  { name: 'contract', order: 2, timeoutMs: 60 * SECOND, files: 2, bundle: true },
  { name: 'e2e', order: 3, timeoutMs: 180 * SECOND, files: 2, bundle: true },
];

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
      globalSetup: bundle ? ['test/support/fresh-bundle.mjs'] : [],
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
    restoreMocks: true,
    unstubEnvs: true,
  },
});
