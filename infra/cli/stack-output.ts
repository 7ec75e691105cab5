import {
  type CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  type Stack,
} from "@aws-sdk/client-cloudformation";

/**
 * Returns the value of a stack's output.
 *
 * @throws an `Error` with a one-line message if the stack or the output does not exist.
 */
export async function stackOutput(
  client: CloudFormationClient,
  stackName: string,
  outputName: string,
): Promise<string> {
  const stack = await describe(client, stackName);
  const output = stack?.Outputs?.find(({ OutputKey }) => OutputKey === outputName);
  if (output?.OutputValue === undefined) {
    throw new Error(`The stack ${stackName} has no output ${outputName}. Is it deployed whole?`);
  }
  return output.OutputValue;
}

async function describe(client: CloudFormationClient, stackName: string): Promise<Stack | undefined> {
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    return Stacks?.[0];
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Error(`There is no stack ${stackName} in ${await client.config.region()} of this account.`);
  }
}

/** CloudFormation reports all invalid input as `ValidationError`. Only the message distinguishes the causes. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof CloudFormationServiceException &&
    error.name === "ValidationError" &&
    error.message.endsWith("does not exist")
  );
}
