import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { DescribeExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { marshall } from "@aws-sdk/util-dynamodb";
import { afterEach, expect, test } from "vitest";
import { begun, cancel, resume } from "./calls.ts";
import { allIsWell, CANCEL_PHASES } from "./cancel-phases.ts";
import { localSystem } from "./local-system.ts";
import { LOGINS, PIED_PIPER } from "./logins.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { untilQueued } from "./queued.ts";
import { targetOf } from "./target.ts";

const system = localSystem(20);

/** How many rows the job has among the secrets. */
async function secretsOf(jobId: string): Promise<number | undefined> {
  const secrets = system().deployed.tables.find(({ KeySchema }) => KeySchema?.[0]?.AttributeName === "jobId");
  const { Count } = await new DynamoDBClient().send(
    new QueryCommand({
      TableName: secrets?.TableName,
      KeyConditionExpression: "jobId = :job",
      ExpressionAttributeValues: marshall({ ":job": jobId }),
      ConsistentRead: true,
    }),
  );
  return Count;
}

async function executionOf(jobId: string, generation = 1): Promise<string | undefined> {
  const [machine] = system().deployed.stateMachines;
  const executionArn = `${machine?.arn.replace(":stateMachine:", ":execution:")}:${jobId}-${generation}`;
  return (await new SFNClient().send(new DescribeExecutionCommand({ executionArn }))).status;
}

afterEach(() => allIsWell(new MobileBackend(targetOf(system()))));

test.each(CANCEL_PHASES)(
  "a job that is cancelled when $title leaves no secret and no execution",
  async ({ reach, secrets }) => {
    const backend = new MobileBackend(targetOf(system()));
    const jobId = await reach(backend);
    expect([await executionOf(jobId), await secretsOf(jobId)]).toEqual(["RUNNING", secrets]);
    expect((await cancel(backend, jobId)).status).toBe(202);
    expect([await executionOf(jobId), await secretsOf(jobId)]).toEqual(["ABORTED", 0]);
  },
);

test("a job that was resumed leaves none of either execution", async () => {
  const backend = new MobileBackend(targetOf(system()));
  await backend.institution(PIED_PIPER, { status: "major-outage", outage: "refuse" });
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await untilQueued(backend, jobId);
  await backend.institution(PIED_PIPER, { status: "operational" });
  expect(begun(await resume(backend, jobId))).toBe(jobId);
  await backend.untilAsked(jobId);
  expect([await executionOf(jobId, 1), await executionOf(jobId, 2)]).toEqual(["ABORTED", "RUNNING"]);
  // It may be held once more, so its login is still there.
  expect(await secretsOf(jobId)).toBe(1);
  await cancel(backend, jobId);
  expect([await executionOf(jobId, 2), await secretsOf(jobId)]).toEqual(["ABORTED", 0]);
});
