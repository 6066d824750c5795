import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, describe, expect, it } from 'vitest';
import { O8Error } from '../../../src/core/base/errors.js';
import { resolveSettings, type SettingsFile } from '../../../src/core/settings/settings.js';
import { loadFeatures } from '../../../src/sources/features/features.js';
import { featureFiles } from '../../support/runs/feature-files.js';
import { createRepository, type TestRepository } from '../../support/git/repository.js';
import { sourceFacts } from '../../../src/core/plan/sources.js';

const DIR = '.blueprint/features/feature_user-auth';

async function repositoryWith(files: Readonly<Record<string, string>>): Promise<TestRepository> {
  const repository = await createRepository({ files: { 'README.md': '# Shop\n', ...files } });
  onTestFinished(async () => repository.remove());
  return repository;
}

const load = async ({ root }: TestRepository, slugs: readonly string[], settings: SettingsFile = {}) =>
  loadFeatures(root, slugs, resolveSettings(sourceFacts('features').defaults, settings, {}, {}));

async function refusal(loading: Promise<unknown>): Promise<O8Error> {
  return loading.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => (error instanceof O8Error ? error : expect.fail(String(error))),
  );
}

describe('features as a plan', () => {
  it('are one task each, with spec, stories and plan as the prompt if there is no skill', async () => {
    const repository = await repositoryWith({
      ...featureFiles('user-auth', { stories: 2 }),
      ...featureFiles('dashboard', { dependsOn: ['user-auth', 'feature_billing'] }),
    });
    const { plan, features, skill } = await load(repository, ['dashboard', 'user-auth']);
    expect(skill).toBeNull();
    expect(plan.source).toEqual({
      kind: 'features',
      slugs: ['dashboard', 'user-auth'],
      featuresDir: join(repository.root, '.blueprint/features'),
    });
    expect(plan.tasks.map(({ id, stem, wave, deps }) => ({ id, stem, wave, deps }))).toEqual([
      { id: 'dashboard', stem: 'dashboard', wave: 1, deps: ['user-auth'] },
      { id: 'user-auth', stem: 'user-auth', wave: 1, deps: [] },
    ]);
    expect(features[0]?.dependsOn).toEqual(['user-auth', 'billing']);
    const [, auth] = plan.tasks;
    expect(auth?.promptKind).toBe('text');
    for (const part of [
      `## Specification (${DIR}/FEATURE_SPEC.md)`,
      `## Story (${DIR}/story-2.md)`,
      `## Implementation plan (${DIR}/IMPLEMENTATION_PLAN.md)`,
      '## When you are done',
    ])
      expect(auth?.prompt).toContain(part);
  });

  it('have the skill as the prompt where the repository has it: for Claude the command and nothing else', async () => {
    for (const file of ['.claude/commands/implement-feature.md', '.claude/skills/implement-feature/SKILL.md']) {
      const repository = await repositoryWith({ ...featureFiles('user-auth'), [file]: 'Implement $ARGUMENTS.\n' });
      const { plan, skill } = await load(repository, ['user-auth']);
      expect(skill?.file).toBe(file);
      expect(plan.tasks[0]).toMatchObject({
        promptKind: 'skill',
        prompt: '/implement-feature "user-auth" --no-commit\n',
      });
      const other = await load(repository, ['user-auth'], { agent: { command: ['my-agent'] }, skillFlags: '' });
      expect(other.plan.tasks[0]?.prompt).toContain(`Run \`/implement-feature "user-auth"\`\n`);
      expect(other.plan.tasks[0]?.prompt).toContain(file);
      expect((await load(repository, ['user-auth'], { skill: '/other' })).skill).toBeNull();
    }
  });

  it('find a command in a folder by its name with a colon, and none by a path', async () => {
    const files = { '.claude/commands/team/build.md': 'Build.\n', 'secret.md': 'x\n' };
    const repository = await repositoryWith({ ...featureFiles('user-auth'), ...files });
    expect((await load(repository, ['user-auth'], { skill: 'team:build' })).skill).toMatchObject({
      command: '/team:build',
      file: '.claude/commands/team/build.md',
    });
    expect((await load(repository, ['user-auth'], { skill: '/../../secret' })).skill).toBeNull();
  });

  it('take a "Depends on" line for a dependency where a feature has that name', async () => {
    const text = 'Depends on: dashboard, billing, the network';
    const repository = await repositoryWith({
      ...featureFiles('user-auth', { sections: { Dependencies: text } }),
      ...featureFiles('dashboard'),
      ...featureFiles('billing'),
    });
    const { plan, features } = await load(repository, ['user-auth', 'dashboard']);
    expect(plan.tasks[0]?.deps).toEqual(['dashboard']);
    expect(features[0]?.dependsOn).toEqual(['dashboard', 'billing']);
  });

  it('are read from the folder the settings name; what is missing there is left to preflight', async () => {
    const repository = await repositoryWith({ 'specs/feature_user-auth/story-1.md': '# One\n' });
    const { features } = await load(repository, ['user-auth', 'nothing'], { featuresDir: 'specs' });
    expect(features).toMatchObject([
      { slug: 'user-auth', dir: 'specs/feature_user-auth', spec: { kind: 'missing' }, stories: 1, plan: 'missing' },
      { slug: 'nothing', spec: { kind: 'missing' }, stories: 0 },
    ]);
  });

  it('are refused where they wait for each other', async () => {
    const repository = await repositoryWith({
      ...featureFiles('user-auth', { dependsOn: ['dashboard'] }),
      ...featureFiles('dashboard', { dependsOn: ['user-auth'] }),
    });
    const error = await refusal(load(repository, ['user-auth', 'dashboard']));
    expect(error).toMatchObject({ code: 'invalid_plan' });
    expect(error.message).toContain('dashboard -> user-auth -> dashboard');
  });

  it('never come from outside the repository, nor put worktrees there through a link', async () => {
    const repository = await repositoryWith({ 'specs/README.md': 'x\n' });
    const outside = join(repository.root, '..', 'outside');
    await writeFile(outside, 'secret');
    await symlink(join(repository.root, '..'), join(repository.root, 'specs/feature_user-auth'));
    expect(await refusal(load(repository, ['user-auth'], { featuresDir: 'specs' }))).toMatchObject({
      code: 'invalid_plan',
    });
    const linked = await repositoryWith(featureFiles('user-auth'));
    await symlink(outside, join(linked.root, DIR, 'story-2.md'));
    expect((await refusal(load(linked, ['user-auth']))).message).toContain('leads out of the repository');
    const trees = await repositoryWith({ ...featureFiles('user-auth'), '.claude/x': '' });
    await symlink(join(trees.root, '..'), join(trees.root, '.claude/worktrees'));
    expect(await refusal(load(trees, ['user-auth']))).toMatchObject({ code: 'refused' });
  });

  it('are refused if depends_on in the frontmatter is not a list of slugs', async () => {
    const spec = `${DIR}/FEATURE_SPEC.md`;
    for (const frontmatter of ['depends_on: {a: 1}', 'depends_on: &x [a]', 'a: [']) {
      const repository = await repositoryWith({ [spec]: `---\n${frontmatter}\n---\n# Spec\n` });
      expect((await refusal(load(repository, ['user-auth']))).faults[0]?.file).toBe(spec);
    }
  });
});
