import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { target } from "../../journeys/target.ts";
import { callUpstream } from "./effects.ts";
import { LOST } from "./lost-replies.ts";
import { PatientClient, serverToken } from "./patient-client.ts";
import { untilOver } from "./playing.ts";
import { upstreamSide } from "./upstream-side.ts";

const reached = target();
let token = "";

async function newClient(): Promise<PatientClient> {
  token ||= await serverToken(reached());
  return new PatientClient(reached(), token, randomUUID());
}

/** What upstream was called for since, with `*` for ids. */
async function callsSince(start: number): Promise<string[]> {
  const { calls } = upstreamSide(reached().sandboxUrl);
  return (await calls())
    .slice(start)
    .map(({ method, path }) => callUpstream(method, path) ?? `${method} ${path}`);
}

describe("when upstream does what it is asked for, and its reply is lost, of", () => {
  test.each(Object.entries(LOST))("%s, the job ends well, and nothing is done twice", async (_, lost) => {
    const client = await newClient();
    const upstream = upstreamSide(reached().sandboxUrl);
    await lost.prepare?.(client);
    const start = (await upstream.calls()).length;
    await upstream.faults(
      Object.entries(lost.replies).map(([route, times]) => {
        const [method, path] = route.split(" ");
        return { method, path, times, do: { reset: "after" } };
      }),
    );
    await lost.ask(client);
    await untilOver(client);
    await upstream.faults([]);
    const ends = client.seen.at(-1)?.steps.map(({ status }) => status);
    expect(new Set(ends)).toEqual(new Set(["success"]));
    const calls = await callsSince(start);
    for (const [route, times] of Object.entries(lost.calls)) {
      expect([route, calls.filter((call) => call === route).length]).toEqual([route, times]);
    }
    for (const [route, times] of Object.entries(lost.replies)) {
      expect(calls.filter((call) => call === route).length).toBeGreaterThanOrEqual(times);
    }
  });

  test("every route that is called", async () => {
    const routes = new Set(Object.values(LOST).flatMap(({ replies }) => Object.keys(replies)));
    expect(new Set((await callsSince(0)).filter((call) => !call.includes("/_control")))).toEqual(routes);
  });
});
