/** Result of parsing untrusted text: a value of unknown shape, or the problem and its fix. */
export type Parsed =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly problem: string; readonly fix: string };
