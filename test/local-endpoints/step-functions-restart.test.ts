import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callbackTask, invokeTask, localWorkflow, stateMachineArn } from "./local-workflow.ts";

let directory: string;
let executionsFile: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "executions-"));
  executionsFile = join(directory, "new", "executions.jsonl");
});
afterEach(() => rm(directory, { recursive: true }));

const definition = {
  StartAt: "Open",
  States: { Open: invokeTask("open", { ResultPath: null, Next: "Ask" }), Ask: callbackTask("ask") },
};

function start() {
  return localWorkflow({ definition, executionsFile, timeScale: 1 });
}

async function tokenFrom(workflow: Awaited<ReturnType<typeof start>>, times = 1): Promise<string> {
  return Object.assign({ token: "" }, await workflow.called("ask", times)).token;
}

test("runs from the first state what was unfinished, and nothing else", async () => {
  const before = await start();
  const finished = await before.start({}, "finished");
  await before.succeed(await tokenFrom(before), 1);
  await before.end(finished);
  const stopped = await before.start({}, "stopped");
  await tokenFrom(before, 2);
  await before.stop(stopped);
  const unfinished = await before.start({ jobId: "j" }, "unfinished");
  const oldToken = await tokenFrom(before, 3);
  const { startDate } = await before.describe(unfinished);
  await before.close();

  const after = await start();
  expect(await after.describe(finished)).toMatchObject({ status: "SUCCEEDED", output: "1" });
  expect(await after.describe(stopped)).toMatchObject({ status: "ABORTED" });
  expect(await after.describe(unfinished)).toMatchObject({ status: "RUNNING", startDate });
  await expect(after.start({}, "finished")).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
  expect(await after.start({ jobId: "j" }, "unfinished")).toBe(unfinished);
  expect(after.calls).toEqual([]);

  after.resume();
  after.resume();
  const token = await tokenFrom(after);
  expect(after.calls.map(({ functionName }) => functionName)).toEqual(["open", "ask"]);
  expect(after.calls[0]?.payload).toEqual({ jobId: "j" });
  await expect(after.succeed(oldToken, 2)).rejects.toMatchObject({ name: "TaskDoesNotExist" });
  await after.succeed(token, 2);
  expect(await after.end(unfinished)).toMatchObject({ status: "SUCCEEDED", output: 2 });
});

test("an execution that was stopped before the resuming stays stopped", async () => {
  const before = await start();
  const arn = await before.start();
  await before.close();
  const after = await start();
  await after.stop(arn);
  after.resume();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(after.calls).toEqual([]);
});

test("tolerates a torn last line, and not a broken one before it", async () => {
  const before = await start();
  const arn = await before.start({}, "kept");
  await before.close();
  await appendFile(executionsFile, '{"ended":{"status":"SUCC');
  const after = await start();
  expect((await after.describe(arn)).status).toBe("RUNNING");
  const next = await after.start({}, "next");
  await after.close();
  const last = await start();
  expect((await last.describe(next)).status).toBe("RUNNING");
  await last.close();
  await writeFile(executionsFile, `{"broken"\n${await readFile(executionsFile, "utf8")}`);
  await expect(start()).rejects.toThrow(/executions\.jsonl:1 is not a line of an execution log/);
});

test("remembers the last 2,000 executions that ended, in memory and in the file", async () => {
  const names = Array.from({ length: 2_001 }, (_, index) => `job-${index}`);
  const lines = names.flatMap((name) => {
    const executionArn = `${stateMachineArn.replace("stateMachine", "execution")}:${name}`;
    const started = { executionArn, stateMachineArn, name, input: "{}", startDate: 1 };
    return [{ started }, { ended: { status: "SUCCEEDED", stopDate: 2 }, executionArn }];
  });
  await mkdir(dirname(executionsFile));
  await writeFile(executionsFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

  const workflow = await start();
  expect((await readFile(executionsFile, "utf8")).split("\n")).toHaveLength(4_001);
  await expect(workflow.start({}, "job-1")).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
  const again = await workflow.start({}, "job-0");
  await workflow.stop(again);
  const replaced = await workflow.start({}, "job-1");
  expect((await workflow.describe(replaced)).status).toBe("RUNNING");
  expect((await workflow.describe(again)).status).toBe("ABORTED");
});

test("writes the start before it answers", async () => {
  const workflow = await start();
  await workflow.start({}, "job-1");
  expect(await readFile(executionsFile, "utf8")).toContain('"name":"job-1"');
});

test("closes within a second while much is under way", async () => {
  const workflow = await start();
  await Promise.all(Array.from({ length: 50 }, () => workflow.start()));
  const closed = workflow.close().then(() => "closed");
  const late = new Promise((resolve) => setTimeout(resolve, 1000, "late"));
  expect(await Promise.race([closed, late])).toBe("closed");
  expect(await readFile(executionsFile, "utf8")).not.toContain('"ended"');
});

test("leaves no timer behind: a process that has closed it ends by itself", async () => {
  const module = JSON.stringify(
    join(import.meta.dirname, "../../infra/local/step-functions/step-functions-endpoint.ts"),
  );
  const sleeps = {
    StartAt: "Wait",
    TimeoutSeconds: 9_000,
    States: { Wait: { Type: "Wait", Seconds: 9_000, End: true } },
  };
  const retries = {
    StartAt: "Open",
    States: {
      Open: invokeTask("open", { Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 900 }], End: true }),
    },
  };
  const asks = { StartAt: "Ask", States: { Ask: callbackTask("ask", { TimeoutSeconds: 900 }) } };
  const script = `
    const { startStepFunctions } = await import(${module});
    const invoke = async (arn) => { if (arn.endsWith("open")) throw new Error("down"); };
    const definitions = ${JSON.stringify([sleeps, retries, asks])};
    const stateMachines = definitions.map((definition, index) => ({ arn: "machine" + index, definition, invoke }));
    const endpoint = await startStepFunctions({ stateMachines });
    const headers = { "x-amz-target": "AWSStepFunctions.StartExecution" };
    for (const { arn } of stateMachines) {
      const body = JSON.stringify({ stateMachineArn: arn });
      await fetch(endpoint.url, { method: "POST", headers, body });
    }
    await endpoint.close();
    console.log("closed");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { timeout: 25_000 });
  const printed = text(child.stdout);
  const [exitCode] = await once(child, "exit");
  expect([exitCode, await printed]).toEqual([0, "closed\n"]);
});
