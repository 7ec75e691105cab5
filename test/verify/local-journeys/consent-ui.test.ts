import { expect, test } from "vitest";
import { errorReply, jobReply } from "../../../functions/http/reply-schemas.ts";
import { begun, cancel, list, page, refresh, succeeded, update } from "../../journeys/calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, MobileBackend, statuses, stepOf } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { madeElsewhere } from "./made-elsewhere.ts";

/** A bank decides on an answer in a second, and a reply waits for that for six. */
const system = localSystem(2, () => ({ settings: { upstreamVersion: "3.0" } }));
const newBackend = () => new MobileBackend(targetOf(system()));

test.concurrent("with version 3.0, a new connection and new credentials are refused, and the refusal names the link to make instead", async () => {
  const backend = newBackend();
  const connectionId = await madeElsewhere(backend, HOOLI);
  const before = await backend.upstreamCalls();
  for (const reply of [
    await backend.connect(HOOLI, LOGINS.gavin),
    await update(backend, connectionId, LOGINS.gavin),
  ]) {
    const { data } = errorReply.parse(reply.json);
    expect([reply.status, data.map(({ code }) => code)]).toEqual([400, ["institution-not-supported"]]);
    expect(data[0]?.detail).toContain("POST /users/{userId}/auth_link");
  }
  expect(await backend.upstreamCalls()).toEqual(before);
  expect(page(await list(backend)).data).toEqual([]);
  await succeeded(backend, begun(await refresh(backend, connectionId)));
});

test.concurrent("with version 3.0, refreshes ask, take answers, are listed and are cancelled, and the reply to an answer is the bank's decision", async () => {
  const backend = newBackend();
  const connectionId = await madeElsewhere(backend, PIED_PIPER);
  const right = begun(await refresh(backend, connectionId));
  const titles = (await backend.job(right)).steps.map(({ title }) => title);
  expect(titles).toEqual(ALL_DONE.map((step) => step.split(":")[0]));
  await backend.untilAsked(right);
  const accepted = await backend.answer(right, ["1234"]);
  expect(accepted.status).toBe(202);
  expect(stepOf(jobReply.parse(accepted.json).steps, "mfa-challenge")?.status).toBe("success");
  expect(statuses((await backend.untilOver(right)).steps)).toEqual(ALL_DONE);

  const wrong = begun(await refresh(backend, connectionId));
  await backend.untilAsked(wrong);
  const refused = await backend.answer(wrong, ["9999"]);
  expect(refused.status).toBe(400);
  expect(errorReply.parse(refused.json).data[0]?.detail).toBe("MFA response is not correct");

  const cancelled = begun(await refresh(backend, connectionId));
  expect((await cancel(backend, cancelled)).status).toBe(202);
  const { data } = page(await list(backend));
  expect(data.map(({ id }) => id)).toEqual([cancelled, wrong, right]);
  expect(data[0]?.steps[0]?.result).toMatchObject({ code: "job-cancelled" });
  expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 2]);
});
