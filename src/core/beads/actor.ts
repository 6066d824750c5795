/** Who o8 is in Beads, on this machine; one word, because bd puts it into texts. */
export function actorOf({ user, host }: { readonly user: string; readonly host: string }): string {
  return `o8:${word(user)}@${word(host)}`;
}

export function isActor(text: string): boolean {
  return /^o8:[A-Za-z0-9._-]{1,64}@[A-Za-z0-9._-]{1,64}$/.test(text);
}

const MOST = 64;

function word(text: string): string {
  const clean = text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').slice(0, MOST);
  return clean === '' ? 'unknown' : clean;
}
