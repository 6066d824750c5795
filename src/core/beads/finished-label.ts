/** Whether a label of o8's says that the agent's work is done and not merged yet. */
export function isFinishedLabel(label: string): boolean {
  return label === 'phase:committed' || label === 'phase:pr_created';
}
