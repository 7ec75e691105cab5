import { describe, expect, test } from "vitest";
import { eventListReply, institutionHealthReply } from "../../../functions/http/reply-schemas.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { untilQueued } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";

const system = localSystem(20);
const backend = () => new MobileBackend(targetOf(system()));
const read = (id: string) => backend().call("GET", `/institutions/${id}/health`);
const healthOf = async (id: string) => institutionHealthReply.parse((await read(id)).json);

/** Attempts are counted a moment after they have ended. */
const untilHealth = (id: string, expected: object) =>
  expect.poll(() => healthOf(id), { timeout: 60_000 }).toMatchObject(expected);

describe("the health of a bank", () => {
  test("counts the attempts of all users, by who stopped them, and times their steps", async () => {
    expect(await healthOf(HOOLI)).toMatchObject({
      status: "up",
      since: null,
      record: { status: "operational", isOperational: true },
      attempts: { succeeded: 0, successRate: null, lastSuccess: null },
      steps: [{ count: 0, medianMs: null }, { count: 0 }, { count: 0 }],
      waitingJobs: { count: 0, isAtLeast: false },
    });
    for (const login of [LOGINS.gavin, LOGINS.bighead]) {
      const user = backend();
      await user.untilOver(await user.startJob(HOOLI, login));
    }
    const attempts = {
      succeeded: 1,
      failed: { institution: 0, aggregator: 0, us: 0 },
      stoppedByUser: 1,
      successRate: 1,
    };
    await untilHealth(HOOLI, { status: "up", attempts: { ...attempts, lastSuccess: expect.any(String) } });
    const [first] = (await healthOf(HOOLI)).steps;
    expect(first).toEqual({ title: "verify-credentials", count: 1, medianMs: expect.any(Number) });
  });

  test("has the aggregator's record, and says so if it cannot be read", async () => {
    const at = backend();
    await at.institution(PIED_PIPER, { status: "partial-outage" });
    expect(await healthOf(PIED_PIPER)).toMatchObject({
      status: "down",
      since: null,
      record: { status: "partial-outage", isOperational: false },
    });
    await at.institution(PIED_PIPER, { status: "operational" });
    await at.faults([{ method: "GET", path: `/institutions/${PIED_PIPER}`, times: 2, do: { status: 500 } }]);
    expect(await healthOf(PIED_PIPER)).toMatchObject({
      status: "up",
      record: { status: null, isOperational: false },
    });
  });

  test.each(["AU99999", "a%20b", "x".repeat(65)])("of the unknown bank %s is a 404", async (id) => {
    expect(refusal(await read(id)).slice(0, 2)).toEqual([404, "resource-not-found"]);
  });
});

test("A bank that fails three logins in a row is down until one succeeds, and two events about no user say so", async () => {
  const events = async () => {
    const filter = "event.entity.eq('institution')";
    const { json } = await backend().call("GET", `/events?${new URLSearchParams({ filter })}`);
    return eventListReply.parse(json).data;
  };
  const typesOf = async () => (await events()).map(({ eventType }) => eventType);
  await backend().institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const users = [backend(), backend(), backend()];
  const jobs = await Promise.all(users.map((user) => user.startJob(HOOLI_GOV, LOGINS.gavin)));
  for (const [index, user] of users.entries()) await untilQueued(user, jobs[index] ?? "");
  await expect.poll(typesOf, { timeout: 60_000 }).toEqual(["down"]);
  await untilHealth(HOOLI_GOV, {
    status: "down",
    since: expect.any(String),
    attempts: { failed: { institution: 3 } },
  });

  await backend().institution(HOOLI_GOV, { status: "operational" });
  const user = backend();
  await user.untilOver(await user.startJob(HOOLI_GOV, LOGINS.gavin));
  await expect.poll(typesOf, { timeout: 60_000 }).toEqual(["down", "up"]);
  await untilHealth(HOOLI_GOV, { status: "up", attempts: { succeeded: 1, successRate: 0.25 } });
  for (const event of await events()) {
    expect(event).not.toHaveProperty("userId");
    expect(event.dataRef).toBe(`${system().apiUrl}/institutions/${HOOLI_GOV}/health`);
  }
  const mine = new URLSearchParams({ filter: `user.id.eq('${user.userId}')` });
  const { data } = eventListReply.parse((await user.call("GET", `/events?${mine}`)).json);
  expect(data.map(({ entity }) => entity)).not.toContain("institution");
});
