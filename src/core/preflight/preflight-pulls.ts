import { fail, pass, warn, type Check } from '../base/check.js';
import { shellQuote } from '../base/shell-quote.js';
import { o8, text, type Text } from '../base/text.js';
import { counted } from '../text/counted.js';
import { troubleText, type ForgeFacts, type ForgePreflight } from '../forge/forge.js';
import type { Settings } from '../settings/settings.js';

/** What was found out about the place where a run would open its pull requests. */
export type PullFacts =
  | { readonly kind: 'no_remote'; readonly remote: string }
  /** The remote's address is not one of a forge; `why` says so, with the command that changes it. */
  | { readonly kind: 'no_forge'; readonly why: string; readonly hint: Text }
  /** `ahead`: commits of the local base branch that the remote's lacks; null where that is not known. */
  | {
      readonly kind: 'asked';
      readonly remote: string;
      readonly base: string;
      readonly forge: ForgePreflight;
      readonly ahead: number | null;
    };

const ID = 'pull-requests';

/** Whether pull requests can be opened and merged; one check, or one for each finding. */
export function pullChecks(facts: PullFacts, settings: Pick<Settings, 'pr'>): Check[] {
  switch (facts.kind) {
    case 'no_remote':
      return [
        fail(
          ID,
          'Pull requests need a remote, and the repository has none',
          text`git remote add ${shellQuote(facts.remote)} <address>, or ${o8('config set', ['merge.into', 'integration'])}`,
        ),
      ];
    case 'no_forge':
      return [fail(ID, facts.why, facts.hint)];
    case 'asked':
      return ofForge(facts, settings);
  }
}

function ofForge(
  { remote, base, forge, ahead }: Extract<PullFacts, { kind: 'asked' }>,
  settings: Pick<Settings, 'pr'>,
): Check[] {
  switch (forge.kind) {
    case 'no_program':
      return [fail(ID, `${forge.program}: ${forge.why}`, forge.hint)];
    case 'no_login':
      return [fail(ID, forge.why, forge.hint)];
    case 'refused':
      return [fail(ID, `GitHub ${troubleText(forge)}`, 'gh repo view')];
    case 'rate_limited':
    case 'unreachable':
    case 'unknown':
      return [
        warn(ID, `GitHub was not asked: ${troubleText(forge)}; pull requests are opened later`, 'gh auth status'),
      ];
    case 'ready':
      return ofFacts(forge.facts, { remote, base, ahead }, settings);
  }
}

function ofFacts(
  facts: ForgeFacts,
  { remote, base, ahead }: { readonly remote: string; readonly base: string; readonly ahead: number | null },
  { pr }: Pick<Settings, 'pr'>,
): Check[] {
  const { host, owner, name } = facts.repository;
  const where = `${owner}/${name}`;
  const page = `gh repo view ${shellQuote(`${host}/${where}`)} --web`;
  const found: Check[] = [];
  if (facts.archived) found.push(fail(ID, `${where} is archived: nothing can be pushed to it`, page));
  else if (!facts.mayPush) {
    found.push(
      fail(ID, `${facts.login} may not push to ${where}`, `Ask for write access, or fork it: gh repo fork --remote`),
    );
  }
  if (facts.base.kind === 'missing') {
    found.push(fail(ID, `${where} has no branch ${base}`, `git push ${shellQuote(remote)} ${shellQuote(base)}`));
  } else {
    if (!facts.strategies.includes(pr.strategy)) {
      const [other = 'merge'] = facts.strategies;
      found.push(
        fail(ID, `${where} does not allow the merge method ${pr.strategy}`, o8('config set', ['pr.strategy', other])),
      );
    }
    if (pr.merge === 'auto' && !facts.base.mayMerge) {
      found.push(
        warn(
          ID,
          `The rules of ${base} do not let ${facts.login} merge; pull requests stay open`,
          o8('config set', ['pr.merge', 'manual']),
        ),
      );
    }
    if (pr.merge === 'auto' && facts.base.requiredApprovals > 0) {
      const count = counted(facts.base.requiredApprovals, 'approving review');
      found.push(warn(ID, `${base} requires ${count}; each pull request waits for it`, page));
    }
  }
  if (ahead !== null && ahead > 0) {
    const what = `${base} has ${counted(ahead, 'commit')} that ${remote}/${base} lacks; tasks start from ${remote}/${base}`;
    found.push(warn(ID, what, `git push ${shellQuote(remote)} ${shellQuote(base)}`));
  }
  const as = `gh ${facts.version}, ${facts.login}`;
  return found.length > 0 ? found : [pass(ID, `Pull requests on ${where} into ${base} (${as})`)];
}
