import {
  DescribeStateMachineCommand,
  type ExecutionListItem,
  type HistoryEvent,
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListStateMachines,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { CREDENTIALS, REGION } from "./command-environment.ts";

export interface Execution {
  name: string;
  history: readonly HistoryEvent[];
}

export function stepFunctionsAt(endpoint: string): SFNClient {
  return new SFNClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}

/** The ARN of the one state machine that there is. */
export async function theStateMachine(client: SFNClient): Promise<string> {
  const found: (string | undefined)[] = [];
  for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {})) {
    found.push(...stateMachines.map(({ stateMachineArn }) => stateMachineArn));
  }
  const [arn, ...more] = found;
  if (arn === undefined || more.length > 0) throw new Error("There is to be one state machine.");
  return arn;
}

/** The definition as it was deployed. */
export async function deployedDefinition(client: SFNClient, stateMachineArn: string): Promise<unknown> {
  const { definition = "" } = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
  return JSON.parse(definition);
}

export async function listExecutions(
  client: SFNClient,
  stateMachineArn: string,
  statusFilter?: "RUNNING",
): Promise<ExecutionListItem[]> {
  const found: ExecutionListItem[] = [];
  const input = { stateMachineArn, ...(statusFilter !== undefined && { statusFilter }) };
  for await (const { executions = [] } of paginateListExecutions({ client }, input))
    found.push(...executions);
  return found;
}

/** Every execution there was, with every event: the first holds its input, the last its output. */
export async function readExecutions(client: SFNClient, stateMachineArn: string): Promise<Execution[]> {
  const read: Execution[] = [];
  for (const { executionArn, name = "" } of await listExecutions(client, stateMachineArn)) {
    const history: HistoryEvent[] = [];
    const pages = paginateGetExecutionHistory({ client }, { executionArn, includeExecutionData: true });
    for await (const { events = [] } of pages) history.push(...events);
    read.push({ name, history });
  }
  return read;
}
