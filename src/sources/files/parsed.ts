/** What a parser of untrusted text gives: a value of unknown shape, or what is wrong and what to write instead. */
export type Parsed =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly problem: string; readonly fix: string };
