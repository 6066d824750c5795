/** The git arguments that abort an operation in progress; a bisect has no --abort. */
export function endOperation(operation: string): string {
  return operation === 'bisect' ? 'bisect reset' : `${operation} --abort`;
}
