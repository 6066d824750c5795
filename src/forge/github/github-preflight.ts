import * as z from 'zod';
import type { ForgeBase, ForgePreflight, MergeStrategy } from '../../core/forge/forge.js';
import type { GhClient } from './gh-client.js';

/** Older ones have no `gh api --hostname` that sends JSON as it is used here. */
const OLDEST_MAJOR = 2;
const INSTALL = 'Install GitHub CLI: https://cli.github.com';

const QUERY = `query O8Preflight($owner: String!, $name: String!, $base: String!) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    name owner { login } viewerPermission isArchived
    mergeCommitAllowed squashMergeAllowed rebaseMergeAllowed deleteBranchOnMerge
    ref(qualifiedName: $base) {
      target { oid }
      refUpdateRule { requiredApprovingReviewCount requiredStatusCheckContexts viewerCanPush }
    }
  }
}`;

const factsSchema = z.object({
  viewer: z.looseObject({ login: z.string() }),
  repository: z.looseObject({
    name: z.string(),
    owner: z.looseObject({ login: z.string() }),
    viewerPermission: z.string().nullable(),
    isArchived: z.boolean(),
    mergeCommitAllowed: z.boolean(),
    squashMergeAllowed: z.boolean(),
    rebaseMergeAllowed: z.boolean(),
    deleteBranchOnMerge: z.boolean(),
    ref: z
      .looseObject({
        target: z.looseObject({ oid: z.string() }).nullable(),
        refUpdateRule: z
          .looseObject({
            requiredApprovingReviewCount: z.number().nullish(),
            requiredStatusCheckContexts: z.array(z.string().nullable()).nullish(),
            viewerCanPush: z.boolean(),
          })
          .nullable(),
      })
      .nullable(),
  }),
});
type Facts = z.infer<typeof factsSchema>;

const branchSchema = z.looseObject({ protected: z.boolean() });

export async function githubPreflight(gh: GhClient, base: string): Promise<ForgePreflight> {
  const program = await gh.version();
  if (program.notStarted !== null) {
    return { kind: 'no_program', program: 'gh', why: program.notStarted, hint: INSTALL };
  }
  const version = /^gh version (\d+)\.(\S+)/m.exec(program.stdout);
  if (version === null)
    return { kind: 'no_program', program: 'gh', why: 'gh does not say its version', hint: 'gh --version' };
  const [, major = '', rest = ''] = version;
  if (Number(major) < OLDEST_MAJOR) {
    return {
      kind: 'no_program',
      program: 'gh',
      why: `gh ${major}.${rest} is too old: 2.0 or newer is needed`,
      hint: INSTALL,
    };
  }
  const { host, owner, name } = gh.repository;
  const answer = await gh.graphql(QUERY, { base: `refs/heads/${base}` }, factsSchema);
  if (answer.kind !== 'answered') return answer;
  const { viewer, repository } = answer.value;
  const strategies: readonly [MergeStrategy, boolean][] = [
    ['merge', repository.mergeCommitAllowed],
    ['squash', repository.squashMergeAllowed],
    ['rebase', repository.rebaseMergeAllowed],
  ];
  const branch = await gh.rest('GET', `/branches/${encodeURIComponent(base)}`);
  const shown = branch.kind === 'http' ? branchSchema.safeParse(branch.body) : null;
  return {
    kind: 'ready',
    facts: {
      program: 'gh',
      version: `${major}.${rest}`,
      login: viewer.login,
      repository: { host, owner: repository.owner.login || owner, name: repository.name || name },
      mayPush: ['WRITE', 'MAINTAIN', 'ADMIN'].includes(repository.viewerPermission ?? ''),
      archived: repository.isArchived,
      base: baseOf(repository.ref, shown?.success === true && shown.data.protected),
      strategies: strategies.filter(([, allowed]) => allowed).map(([strategy]) => strategy),
      deletesBranches: repository.deleteBranchOnMerge,
    },
  };
}

/** `hasRules`: rulesets make a branch protected, too, and are in no rule of GraphQL's. */
function baseOf(ref: Facts['repository']['ref'], hasRules: boolean): ForgeBase {
  if (ref?.target === null || ref === null) return { kind: 'missing' };
  const rule = ref.refUpdateRule;
  return {
    kind: 'there',
    commit: ref.target.oid,
    protected: rule !== null || hasRules,
    mayMerge: rule?.viewerCanPush ?? true,
    requiredApprovals: rule?.requiredApprovingReviewCount ?? 0,
    requiredChecks: (rule?.requiredStatusCheckContexts ?? []).filter((name) => name !== null),
  };
}
