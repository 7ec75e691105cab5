import { describe, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { answeredJob, jobToSend } from "../../support/use-case-worlds.ts";

describe("an answer of which nobody knows whether it arrived", () => {
  test("is not sent again when upstream has it", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push("reply-lost");
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    expect(row().phase).toBe("sending-answer");
    await send();
    expect(row().phase).toBe("following");
    expect(ports.upstream.calls("answer")).toHaveLength(1);
    expect(ports.vault.names()).toEqual([]);
  });

  test("is sent again when upstream still waits for it", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push("never-arrived");
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    await send();
    expect(row().phase).toBe("following");
    expect(ports.upstream.ledger.map(({ call, isDone }) => `${call} ${isDone}`)).toEqual([
      "answer false",
      "job false",
      "answer true",
    ]);
  });

  test("is not sent again while it may still be on its way", async () => {
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push(new UpstreamUnavailable({ mayStillArrive: true }));
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    ports.clock.pass(59_999);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    expect(ports.upstream.calls("answer")).toHaveLength(1);
    ports.clock.pass(1);
    await send();
    expect(row()).toMatchObject({ phase: "following" });
    expect(row().sendAgainAt).toBeUndefined();
    expect(ports.upstream.calls("answer")).toHaveLength(2);
  });

  test("is sent again after an outage in upstream's words", async () => {
    const outage = { code: "service-unavailable", title: "Down", detail: "Down" };
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push(new UpstreamRefused(503, outage));
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    await send();
    expect(row().phase).toBe("following");
    expect(ports.upstream.done("answer")).toHaveLength(1);
  });

  test("ends the job in upstream's words when upstream does not know that any more", async () => {
    const gone = { code: "resource-not-found", title: "Not found", detail: "No such job." };
    const { ports, send, row } = await jobToSend(answeredJob());
    ports.upstream.script.answers.push("reply-lost");
    ports.upstream.script.looksAfterAnswer.splice(0, 1, [new UpstreamRefused(404, gone)]);
    await expect(send()).rejects.toThrow(UpstreamUnavailable);
    await send();
    expect(row().phase).toBe("failed");
    expect(row().steps.find(({ status }) => status === "failed")?.result).toEqual(gone);
    expect(ports.upstream.calls("answer")).toHaveLength(1);
    expect(ports.vault.names()).toEqual([]);
  });
});
