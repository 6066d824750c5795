/** What merging two commits off to the side gives. */
export type TrialMerge =
  { readonly kind: 'clean'; readonly tree: string } | { readonly kind: 'conflict'; readonly files: string[] };

export interface MergeSides {
  readonly ours: string;
  readonly theirs: string;
}
