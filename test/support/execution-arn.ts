/** The name that an execution has on AWS, by its state machine's. */
export function executionArn(stateMachineArn: string | undefined, name: string): string {
  if (stateMachineArn === undefined) throw new Error("There is no state machine.");
  return `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
}
