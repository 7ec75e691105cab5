import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  type SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { executionName } from "../../../functions/jobs/store/executions.ts";
import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import { executionArn } from "../../support/aws-recorder.ts";
import { stepFunctionsAt, theStateMachine } from "./executions.ts";

/** Ten sweeps, and what a restarted job takes. */
const WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 200;

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
  const until = Date.now() + WITHIN_MS;
  let state = "";
  while (state === "" || state === "RUNNING") {
    if (Date.now() > until) throw new Error(`No sweep has ended the job: ${state || "nothing was started"}.`);
    await sleep(LOOK_EVERY_MS);
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
