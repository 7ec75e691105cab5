import { describe, expect, test } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { begun, connected, connectionPath, refresh, succeeded, update } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS } from "./logins.ts";
import { type HttpReply, MobileBackend } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();
const newBackend = () => new MobileBackend(reached());

const WRONG = { ...LOGINS.gavin, password: "mistyped" };
/** In real time: the clock of the tests may be faster. */
const FIFTEEN_MINUTES_S = 900;

/** Sends logins that the bank refuses, one after the other. */
async function refused(backend: MobileBackend, times: number, login = WRONG): Promise<void> {
  for (let time = 0; time < times; time++) {
    const { steps } = await backend.untilOver(await backend.startJob(HOOLI, login));
    expect(steps[0]).toMatchObject({ status: "failed", result: { code: "invalid-credentials" } });
  }
}

function expectBlocked(reply: HttpReply): void {
  expect(refusal(reply)).toEqual([429, "too-many-requests", [undefined]]);
  expect(errorReply.parse(reply.json).data[0]).toEqual({
    type: "error",
    code: "too-many-requests",
    title: "Too many requests",
    detail:
      "The institution refused several logins in a row. Further ones could lock the account: try again later.",
  });
  const seconds = Number(reply.headers.get("retry-after"));
  expect(Number.isInteger(seconds) && seconds > 0 && seconds <= FIFTEEN_MINUTES_S).toBe(true);
}

const posts = async (backend: MobileBackend) =>
  (await backend.upstreamCalls()).filter((call) => call.startsWith("POST /users/"));

describe.concurrent("after logins that the bank refused,", () => {
  test("the fourth is blocked, right or wrong, and does not reach the bank", async () => {
    const backend = newBackend();
    // A locked account counts as a refused login.
    await refused(backend, 2, LOGINS.bighead);
    await refused(backend, 1);
    expectBlocked(await backend.connect(HOOLI, WRONG));
    expectBlocked(await backend.connect(HOOLI, LOGINS.gavin));
    expect(await backend.loginsSent()).toBe(3);
    // A login with a missing field is refused for that.
    const incomplete = await backend.connect(HOOLI, { loginId: "gavinBelson" });
    expect(refusal(incomplete)).toEqual([400, "parameter-not-supplied", ["password"]]);
  });

  test("other institutions and other users are not blocked", async () => {
    const backend = newBackend();
    const elsewhere = await connected(backend, HOOLI_GOV, LOGINS.gavin);
    await refused(backend, 3);
    expectBlocked(await backend.connect(HOOLI, WRONG));
    await succeeded(backend, begun(await update(backend, elsewhere, LOGINS.ash)));
    const another = newBackend();
    await connected(another, HOOLI, LOGINS.gavin);
  });

  test("a success starts the count again", async () => {
    const backend = newBackend();
    await refused(backend, 2);
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    await refused(backend, 2);
    await succeeded(backend, begun(await update(backend, connectionId, LOGINS.ash)));
    await refused(backend, 3);
    expectBlocked(await backend.connect(HOOLI, LOGINS.gavin));
  });

  test("a login that failed for another reason does not count", async () => {
    const backend = newBackend();
    for (let time = 0; time < 4; time++) {
      const { steps } = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.erlich));
      expect(steps[0]?.status).toBe("failed");
    }
    await connected(backend, HOOLI, LOGINS.gavin);
  });

  test("updates count and are blocked too, but a refresh is not, because it sends no login", async () => {
    const backend = newBackend();
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    await refused(backend, 1);
    for (let time = 0; time < 2; time++) {
      const { steps } = await backend.untilOver(begun(await update(backend, connectionId, WRONG)));
      expect(steps[0]).toMatchObject({ status: "failed", result: { code: "invalid-credentials" } });
    }
    const before = await posts(backend);
    expectBlocked(await update(backend, connectionId, LOGINS.gavin));
    expectBlocked(await backend.connect(HOOLI, LOGINS.gavin));
    expect(await posts(backend)).toEqual(before);
    await backend.untilOver(begun(await refresh(backend, connectionId)));
    expect((await posts(backend)).at(-1)).toBe(`POST ${connectionPath(backend, connectionId)}/refresh`);
  });

  test("a login that the aggregator refused in its reply to the POST counts too", async () => {
    const backend = newBackend();
    const result = {
      code: "invalid-credentials",
      title: "Cannot login to target institution",
      detail: "Not this one",
    };
    const path = `/users/${backend.userId}/connections`;
    const reply = { status: 400, body: JSON.stringify({ data: [result] }) };
    await backend.faults([{ method: "POST", path, times: 3, do: reply }]);
    for (let time = 0; time < 3; time++) {
      const { steps } = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
      expect(steps[0]?.result).toEqual({ ...result, details: result.detail });
    }
    expectBlocked(await backend.connect(HOOLI, LOGINS.gavin));
    expect(await backend.loginsSent()).toBe(3);
  });
});
