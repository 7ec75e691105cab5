import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ExecutionDoesNotExist,
  type ExecutionListItem,
  type HistoryEvent,
  paginateGetExecutionHistory,
  paginateListExecutions,
  paginateListStateMachines,
  type SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { executionName } from "../../../functions/jobs/store/executions.ts";
import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import { executionArn } from "../support/aws-recorder.ts";
import { runOf } from "../support/run-of.ts";
import { parseDefinition, partsOf, partsUsed } from "../walks/definition.ts";
import { stepFunctionsAt } from "./aws.ts";
import { PARTS_BY_CHANCE, UNWALKED_PARTS } from "./exceptions.ts";

export interface Execution {
  name: string;
  history: readonly HistoryEvent[];
}

async function all<Page, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): Promise<Item[]> {
  const found: Item[] = [];
  for await (const page of pages) found.push(...(itemsOf(page) ?? []));
  return found;
}

/** The ARN of the one state machine that there is. */
export async function theStateMachine(client: SFNClient): Promise<string> {
  const pages = paginateListStateMachines({ client }, {});
  const [machine, ...more] = await all(pages, ({ stateMachines }) => stateMachines);
  const arn = machine?.stateMachineArn;
  if (arn === undefined || more.length > 0) throw new Error("There is to be one state machine.");
  return arn;
}

export async function listExecutions(
  client: SFNClient,
  stateMachineArn: string,
  filter: { statusFilter?: "RUNNING" } = {},
): Promise<ExecutionListItem[]> {
  const pages = paginateListExecutions({ client }, { stateMachineArn, ...filter });
  return all(pages, ({ executions }) => executions);
}

/** Every execution there was, with every event: the first holds its input, the last its output. */
export async function readExecutions(client: SFNClient, stateMachineArn: string): Promise<Execution[]> {
  const read: Execution[] = [];
  for (const { executionArn, name = "" } of await listExecutions(client, stateMachineArn)) {
    const input = { executionArn, includeExecutionData: true };
    const pages = paginateGetExecutionHistory({ client }, input);
    read.push({ name, history: await all(pages, ({ events }) => events) });
  }
  return read;
}

/** Throws when the executions went through other parts of the deployed definition than all but the excepted ones. */
export async function checkWalkedParts(
  client: SFNClient,
  stateMachineArn: string,
  executions: readonly Execution[],
) {
  const { definition: source = "" } = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const definition = parseDefinition(JSON.parse(source));
  const walked = new Set(executions.flatMap(({ history }) => [...partsUsed(definition, runOf(history))]));
  const all = partsOf(definition);
  const excepted = [...UNWALKED_PARTS.keys()];
  const allowed = [...excepted, ...PARTS_BY_CHANCE];
  const faults = [
    ...all
      .filter((part) => !walked.has(part) && !allowed.includes(part))
      .map((part) => `Not walked, and not excepted: ${part}`),
    ...excepted.filter((part) => walked.has(part)).map((part) => `Walked, but excepted: ${part}`),
    ...allowed.filter((part) => !all.includes(part)).map((part) => `Excepted, but no part: ${part}`),
  ];
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return { walked: walked.size, parts: all.length, excepted: excepted.length };
}

/** Ten sweeps, and what a restarted job takes. */
const SWEPT_WITHIN_MS = 90_000;
const POLL_EVERY_MS = 200;

/**
 * Stops the execution of a job, as nobody of ours would, and waits until the deployed schedule has had the sweeper start
 * another one and that has ended the job. Gives its state at the end.
 */
export async function seeTheSweeper(endpoint: string, target: Target): Promise<string> {
  const client = stepFunctionsAt(endpoint);
  const stateMachineArn = await theStateMachine(client);
  const backend = new MobileBackend(target);
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  const arnOf = (generation: number) =>
    executionArn(stateMachineArn, executionName({ id: jobId, generation }));
  await client.send(new StopExecutionCommand({ executionArn: arnOf(1) }));
  const until = Date.now() + SWEPT_WITHIN_MS;
  let state = "";
  while (state === "" || state === "RUNNING") {
    if (Date.now() > until) throw new Error(`No sweep has ended the job: ${state || "nothing was started"}.`);
    await sleep(POLL_EVERY_MS);
    state = await stateOf(client, arnOf(2));
    // As soon as it is shown again; its time may be over by then, and that ends the job too.
    if (state === "RUNNING") await backend.answer(jobId, ["1234"]);
  }
  await backend.untilOver(jobId);
  client.destroy();
  const logins = await backend.loginsSent();
  if (logins !== 1) throw new Error(`The job logged in ${logins} times.`);
  return state;
}

/** Empty for an execution that there is not. */
async function stateOf(client: SFNClient, executionArn: string): Promise<string> {
  try {
    return (await client.send(new DescribeExecutionCommand({ executionArn }))).status ?? "";
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return "";
    throw error;
  }
}
