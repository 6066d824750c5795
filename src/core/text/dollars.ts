/** An amount as people read it, `$2.00`; what is less than a cent keeps its digits. */
export function dollars(usd: number): string {
  return `$${usd > 0 && usd < 0.01 ? String(Number(usd.toPrecision(2))) : usd.toFixed(2)}`;
}
