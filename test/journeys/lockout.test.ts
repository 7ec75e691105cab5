import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorReply, jobReply } from "../../functions/http/reply-schemas.ts";
import { begun, connected, connectionPath, refresh, update } from "./calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { type HttpReply, MobileBackend, statuses } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();

const WRONG = { ...LOGINS.gavin, password: "mistyped" };
const BLOCKED = [429, "too-many-requests", [undefined]];
/** Real time: the clock of the tests may be a faster one. */
const FIFTEEN_MINUTES_S = 900;

let backend: MobileBackend;

beforeEach(() => {
  backend = new MobileBackend(reached());
});
afterEach(() => backend.faults([]));

/** One login after the other, each of which the bank refuses. */
async function refused(times: number, login = WRONG): Promise<void> {
  for (let time = 0; time < times; time++) {
    const { steps } = await backend.untilOver(await backend.startJob(HOOLI, login));
    expect(steps[0]).toMatchObject({ status: "failed", result: { code: "invalid-credentials" } });
  }
}

function expectBlocked(reply: HttpReply): void {
  expect(refusal(reply)).toEqual(BLOCKED);
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

const posts = async () => (await backend.upstreamCalls()).filter((call) => call.startsWith("POST /users/"));

test("three refused logins block the fourth, and no login reaches the bank", async () => {
  await refused(3);
  expectBlocked(await backend.connect(HOOLI, WRONG));
  // A right one is no exception: nobody here knows that it is.
  expectBlocked(await backend.connect(HOOLI, LOGINS.gavin));
  expect(await backend.loginsSent()).toBe(3);
});

test("a locked account counts as refused, and two are not enough", async () => {
  await refused(2, LOGINS.bighead);
  await refused(1);
  expectBlocked(await backend.connect(HOOLI, LOGINS.bighead));
});

test("other institutions and other users are free", async () => {
  await refused(3);
  expectBlocked(await backend.connect(HOOLI, WRONG));
  await connected(backend, HOOLI_GOV, LOGINS.gavin);
  await connected(new MobileBackend(reached()), HOOLI, LOGINS.gavin);
});

test("what a login lacks is said before how often it was refused", async () => {
  await refused(3);
  expect(refusal(await backend.connect(HOOLI, { loginId: "gavinBelson" }))).toEqual([
    400,
    "parameter-not-supplied",
    ["password"],
  ]);
});

test("a success begins the count anew", async () => {
  await refused(2);
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await refused(2);
  // The third one in a row is not the third of all.
  await backend.untilOver(begun(await update(backend, connectionId, LOGINS.ash)));
  await refused(3);
  expectBlocked(await backend.connect(HOOLI, LOGINS.gavin));
});

test("other failures are no refused logins", async () => {
  for (let time = 0; time < 4; time++) {
    const { steps } = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.erlich));
    expect(statuses(steps)).toContain("verify-credentials: failed");
  }
  await connected(backend, HOOLI, LOGINS.gavin);
});

describe("updates", () => {
  test("count with creates, and are blocked as they are; a refresh brings no login and is not", async () => {
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    await refused(1);
    for (let time = 0; time < 2; time++) {
      const { steps } = await backend.untilOver(begun(await update(backend, connectionId, WRONG)));
      expect(steps[0]).toMatchObject({ status: "failed", result: { code: "invalid-credentials" } });
    }
    const before = await posts();
    expectBlocked(await update(backend, connectionId, LOGINS.gavin));
    expectBlocked(await backend.connect(HOOLI, LOGINS.gavin));
    expect(await posts()).toEqual(before);

    await backend.untilOver(begun(await refresh(backend, connectionId)));
    expect((await posts()).at(-1)).toBe(`POST ${connectionPath(backend, connectionId)}/refresh`);
  });

  test("at another institution are free", async () => {
    const connectionId = await connected(backend, HOOLI_GOV, LOGINS.gavin);
    await refused(3);
    const { steps } = await backend.untilOver(begun(await update(backend, connectionId, LOGINS.ash)));
    expect(statuses(steps)).toContain("retrieve-transactions: success");
  });
});

test("a job that runs is the answer to what would be blocked without it", async () => {
  const connectionId = await connected(backend, PIED_PIPER, LOGINS.jared, ["1234"]);
  const asking = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(asking);
  for (let time = 0; time < 3; time++) {
    await backend.untilOver(begun(await update(backend, connectionId, WRONG)));
  }
  expectBlocked(await update(backend, connectionId, LOGINS.jared));
  const again = await backend.connect(PIED_PIPER, LOGINS.jared);
  expect([again.status, jobReply.parse(again.json).id]).toEqual([200, asking]);
});

test("a login that upstream refuses as it is posted counts as well", async () => {
  const body = JSON.stringify({
    data: [
      { code: "invalid-credentials", title: "Cannot login to target institution", detail: "Not this one" },
    ],
  });
  await backend.faults([
    { method: "POST", path: "/users/*/connections", times: 3, do: { status: 400, body } },
  ]);
  for (let time = 0; time < 3; time++) {
    const { steps } = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
    expect(steps[0]?.result).toEqual({
      code: "invalid-credentials",
      title: "Cannot login to target institution",
      detail: "Not this one",
    });
  }
  expectBlocked(await backend.connect(HOOLI, LOGINS.gavin));
  expect(await backend.loginsSent()).toBe(3);
});
