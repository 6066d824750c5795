/** Technologies whose default commands o8 knows. Other names are only shown. */
export const KNOWN_TECHNOLOGIES = ['node', 'python', 'django', 'go'] as const;
export type Technology = (typeof KNOWN_TECHNOLOGIES)[number];

/** A default check of a technology. */
export interface UsualCommand {
  readonly name: string;
  readonly command: string;
}

export interface ProjectFiles {
  /** Names in the top folder of the repository. */
  readonly names: ReadonlySet<string>;
  /** Names of the scripts in `package.json`. */
  readonly scripts: ReadonlySet<string>;
}

/** The technologies of a repository according to the files in its top folder, in the order of the list above. */
export function detectTechnologies({ names }: ProjectFiles): Technology[] {
  const has = (...some: string[]): boolean => some.some((name) => names.has(name));
  return [
    ...(has('package.json') ? (['node'] as const) : []),
    ...(has('manage.py')
      ? (['django'] as const)
      : has('pyproject.toml', 'setup.py', 'setup.cfg', 'requirements.txt')
        ? (['python'] as const)
        : []),
    ...(has('go.mod') ? (['go'] as const) : []),
  ];
}

export function isKnownTechnology(name: string): name is Technology {
  return KNOWN_TECHNOLOGIES.some((known) => known === name);
}

/** The default command that prepares a worktree; null for none. */
export function usualSetup(technology: Technology, { names }: ProjectFiles): string | null {
  switch (technology) {
    case 'node':
      if (names.has('pnpm-lock.yaml')) return 'pnpm install --frozen-lockfile';
      if (names.has('yarn.lock')) return 'yarn install --immutable';
      return names.has('package-lock.json') ? 'npm ci' : null;
    case 'python':
    case 'django': // too many kinds of environments to guess
    case 'go':
      return null;
  }
}

/** The default checks of a technology, the most important last; only those that apply to the repository. */
export function usualChecks(technology: Technology, { names, scripts }: ProjectFiles): UsualCommand[] {
  switch (technology) {
    case 'node': {
      const tool = names.has('pnpm-lock.yaml') ? 'pnpm' : names.has('yarn.lock') ? 'yarn' : 'npm';
      const wanted = ['lint', 'typecheck', 'build', 'test'].filter((script) => scripts.has(script));
      return wanted.map((script) => ({
        name: `Node ${script}`,
        command: script === 'test' ? `${tool} test` : `${tool} run ${script}`,
      }));
    }
    case 'python':
      return ['pytest.ini', 'conftest.py', 'tests'].some((name) => names.has(name))
        ? [{ name: 'Python tests', command: 'python3 -m pytest' }]
        : [{ name: 'Python syntax', command: 'python3 -m compileall -q .' }];
    case 'django':
      return [
        { name: 'Django check', command: 'python3 manage.py check' },
        { name: 'Django migrations', command: 'python3 manage.py makemigrations --check --dry-run' },
        { name: 'Django tests', command: 'python3 manage.py test' },
      ];
    case 'go':
      return [
        { name: 'Go vet', command: 'go vet ./...' },
        { name: 'Go build', command: 'go build ./...' },
        { name: 'Go tests', command: 'go test ./...' },
      ];
  }
}
