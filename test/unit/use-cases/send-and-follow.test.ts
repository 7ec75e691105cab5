import { expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { sendAndFollow } from "../../../functions/jobs/use-cases/send-answer.ts";
import { awaitingJob, JOB_ID, lookOf } from "../../support/job-examples.ts";
import { answeredJob, jobToSend } from "../../support/use-case-worlds.ts";

const done = lookOf({
  "verify-credentials": "success",
  "mfa-challenge": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
});

test("an answer is sent and its job followed to the end in one run", async () => {
  const { ports, row } = await jobToSend(answeredJob());
  ports.upstream.script.looksAfterAnswer[0]?.push(done);
  expect(await sendAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "done" });
  expect(row().phase).toBe("succeeded");
  expect(ports.vault.names()).toEqual([]);
});

test("a run that died while it followed goes on, and sends no second answer", async () => {
  const { ports } = await jobToSend(answeredJob());
  ports.upstream.script.looksAfterAnswer[0]?.splice(0, 1, new Error("died"), done);
  await expect(sendAndFollow(ports, { jobId: JOB_ID })).rejects.toThrow("died");
  expect(await sendAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "done" });
  expect(ports.upstream.done("answer")).toHaveLength(1);
});

test("nothing of an answer is kept, should upstream repeat it", async () => {
  const { ports, row } = await jobToSend(answeredJob());
  const echo = { code: "x", title: "No", detail: "1234 is wrong" };
  ports.upstream.script.answers.push(new UpstreamRefused(400, echo));
  expect(await sendAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "done" });
  expect(row().steps[1]).toMatchObject({ status: "failed", result: { ...echo, detail: "[secret]" } });
});

test("an answer of which nobody knows whether it arrived is not followed", async () => {
  const { ports, row } = await jobToSend(answeredJob());
  ports.upstream.script.answers.push("never-arrived");
  await expect(sendAndFollow(ports, { jobId: JOB_ID })).rejects.toThrow(UpstreamUnavailable);
  expect(row().phase).toBe("sending-answer");
});

test("a job that failed before its answer could be sent is cleaned up", async () => {
  const { ports } = await jobToSend(awaitingJob({ phase: "failed" }));
  expect(await sendAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "done" });
  expect(ports.vault.names()).toEqual([]);
});
