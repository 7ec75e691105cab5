import { describe, expect, test } from "vitest";
import { begun, connected, connectionOf, connectionPath, refresh } from "./calls.ts";
import { HOOLI, LOGINS, NUCLEUS, PIED_PIPER } from "./logins.ts";
import { ALL_DONE, MobileBackend, statuses } from "./mobile-backend.ts";
import { target } from "./target.ts";

const reached = target();

test("reads a connection anew, with the login that upstream has", async () => {
  const backend = new MobileBackend(reached());
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  const jobId = begun(await refresh(backend, connectionId));
  const source = `${reached().apiUrl}${connectionPath(backend, connectionId)}`;
  // Whose connection it is about is known from the start.
  expect((await backend.job(jobId)).links.source).toBe(source);

  const job = await backend.untilOver(jobId);
  expect(job.links).toEqual({ self: `${reached().apiUrl}/jobs/${jobId}`, source });
  const user = `/users/${backend.userId}`;
  expect(job.steps).toEqual([
    {
      title: "verify-credentials",
      status: "success",
      result: { type: "link", url: connectionPath(backend, connectionId) },
    },
    {
      title: "retrieve-accounts",
      status: "success",
      result: { type: "link", url: `${user}/accounts?filter=institution.id.eq('${HOOLI}')` },
    },
    {
      title: "retrieve-transactions",
      status: "success",
      result: { type: "link", url: `${user}/transactions?filter=institution.id.eq('${HOOLI}')` },
    },
  ]);
  const posts = (await backend.upstreamCalls()).filter((call) => call.startsWith("POST /users/"));
  expect(posts).toEqual([
    `POST ${user}/connections`,
    `POST ${connectionPath(backend, connectionId)}/refresh`,
  ]);
});

test("can be done again and again, each time by a job of its own", async () => {
  const backend = new MobileBackend(reached());
  const connectionId = await connected(backend, HOOLI, LOGINS.ash);
  const first = begun(await refresh(backend, connectionId));
  await backend.untilOver(first);
  const second = begun(await refresh(backend, connectionId));
  expect(second).not.toBe(first);
  expect(statuses((await backend.untilOver(second)).steps)).toContain("retrieve-transactions: success");
});

describe("at an MFA institution", () => {
  test("asks as a create does", async () => {
    const backend = new MobileBackend(reached());
    const created = await backend.startJob(PIED_PIPER, LOGINS.jared);
    const asked = await backend.untilAsked(created);
    await backend.answer(created, ["1234"]);
    const jobId = begun(await refresh(backend, await connectionOf(backend, created)));
    const askedAgain = await backend.untilAsked(jobId);
    expect(askedAgain).toEqual({
      ...asked,
      expiresAt: askedAgain.expiresAt,
      links: { response: `${reached().apiUrl}/jobs/${jobId}/mfa` },
    });
    expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
    expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 2]);
  });

  test("that asks now and then shows the step that it skipped", async () => {
    const backend = new MobileBackend(reached());
    const connectionId = await connected(backend, NUCLEUS, LOGINS.jared, ["1234"]);
    const jobId = begun(await refresh(backend, connectionId));
    const [, asking] = (await backend.job(jobId)).steps;
    expect(asking?.title).toBe("mfa-challenge");
    expect((await backend.untilOver(jobId)).steps[1]).toEqual({ ...asking, status: "skipped", result: null });
  });
});
