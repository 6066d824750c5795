/** An amount for people, `$2.00`; an amount below one cent keeps its digits. */
export function dollars(usd: number): string {
  return `$${usd > 0 && usd < 0.01 ? String(Number(usd.toPrecision(2))) : usd.toFixed(2)}`;
}
