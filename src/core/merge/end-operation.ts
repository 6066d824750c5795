/** The arguments by which git gives up what a checkout is in the middle of; of a bisect there is nothing to abort. */
export function endOperation(operation: string): string {
  return operation === 'bisect' ? 'bisect reset' : `${operation} --abort`;
}
