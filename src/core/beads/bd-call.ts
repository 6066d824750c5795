/** The states of an issue that o8 gives it; closing is a call of its own. */
export type TaskStatus = 'open' | 'in_progress' | 'blocked';

/** A call of bd that changes something. Each may be repeated: the second time it changes nothing. */
export type BdCall =
  | {
      readonly kind: 'update';
      readonly ids: readonly string[];
      readonly claim: boolean;
      /** Null: as it is. */
      readonly status: TaskStatus | null;
      readonly unassign: boolean;
      /** Whose it is from now on, also where somebody else had it. */
      readonly assign?: string;
      readonly addLabels: readonly string[];
      readonly removeLabels: readonly string[];
    }
  | { readonly kind: 'close'; readonly ids: readonly string[]; readonly reason: string }
  /** Posted unless the issue has a comment with this marker. The text has it, too. */
  | { readonly kind: 'comment'; readonly id: string; readonly text: string; readonly marker: string };

/** The words behind `bd` and its global flags. */
export function callWords(call: BdCall): string[] {
  switch (call.kind) {
    case 'update':
      return [
        'update',
        ...call.ids,
        ...(call.claim ? ['--claim'] : []),
        ...(call.status === null ? [] : ['--status', call.status]),
        ...(call.unassign ? ['--assignee', ''] : call.assign === undefined ? [] : ['--assignee', call.assign]),
        ...call.addLabels.flatMap((label) => ['--add-label', label]),
        ...call.removeLabels.flatMap((label) => ['--remove-label', label]),
      ];
    case 'close':
      return ['close', ...call.ids, '--reason', call.reason];
    case 'comment':
      return ['comments', 'add', '--', call.id, call.text]; // a text may begin with a dash
  }
}

export function idsOf(call: BdCall): readonly string[] {
  return call.kind === 'comment' ? [call.id] : call.ids;
}
