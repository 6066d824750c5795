/** The result of merging two commits without a checkout. */
export type TrialMerge =
  { readonly kind: 'clean'; readonly tree: string } | { readonly kind: 'conflict'; readonly files: string[] };

export interface MergeSides {
  readonly ours: string;
  readonly theirs: string;
}
