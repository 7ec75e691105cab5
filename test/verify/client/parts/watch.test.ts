import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type ConnectionJobsClient,
  connectionJobs,
  failureOf,
  type Job,
  stateOf,
  type WatchOptions,
} from "../../../../client/client.ts";
import {
  ANSWERED,
  ASKING,
  challenge,
  jobWith,
  json,
  networkError,
  notModified,
  passing,
  queuedUntil,
  REFUSED,
  RUNNING,
  refusal,
  ScriptedApi,
  SUCCEEDED,
  step,
  tagged,
} from "./scripted-api.ts";

let api: ScriptedApi;
let client: ConnectionJobsClient;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-11-29T05:50:00Z") });
  api = new ScriptedApi();
  client = connectionJobs(api.options);
});
afterEach(() => vi.useRealTimers());

/** Watches job 1 to its end, with its progress. */
async function watched(options?: WatchOptions): Promise<Job[]> {
  const seen: Job[] = [];
  for await (const job of client.watch("1", { progress: true, ...options })) seen.push(job);
  return seen;
}

/** The requests without the one for the token. */
const asked = () => api.lines.filter((line) => line !== "POST /token");
const CHANGES = "GET /jobs/1/changes?wait=20";

/** A reply that comes after the API has waited. */
const delayed = (ms: number, reply: () => Response) => () =>
  new Promise<Response>((resolve) => setTimeout(() => resolve(reply()), ms));

describe("changes", () => {
  test("each change is yielded once, and the next request has the tag of the last reply", async () => {
    api.reply(
      tagged(RUNNING, "1"),
      delayed(20_000, () => notModified()),
      delayed(500, () => tagged(SUCCEEDED, "2")),
    );
    expect((await passing(watched())).value).toEqual([RUNNING, SUCCEEDED]);
    expect(asked()).toEqual([CHANGES, CHANGES, CHANGES]);
    expect(api.sent.map(({ headers }) => headers["if-none-match"])).toEqual([
      undefined,
      undefined,
      '"1"',
      '"1"',
    ]);
  });

  test("a 304 with Retry-After is waited for; one that comes at once is not asked again at once", async () => {
    api.reply(
      tagged(RUNNING, "1"),
      notModified({ "retry-after": "3" }),
      notModified(),
      tagged(SUCCEEDED, "2"),
    );
    expect((await passing(watched())).ms).toBe(5000);
  });

  test.each([404, 405])(
    "an older API, which replies %i to changes, is asked for the job every 2 s",
    async (status) => {
      api.reply(refusal(status, "resource-not-found"), json(RUNNING), json(RUNNING), json(SUCCEEDED));
      const { value, ms } = await passing(watched());
      expect([value, ms]).toEqual([[RUNNING, SUCCEEDED], 4000]);
      expect(asked()).toEqual([CHANGES, "GET /jobs/1", "GET /jobs/1", "GET /jobs/1"]);
    },
  );

  test("a job that does not exist is an error", async () => {
    api.reply(refusal(404, "resource-not-found"), refusal(404, "resource-not-found"));
    await expect(watched()).rejects.toMatchObject({ status: 404, code: "resource-not-found" });
  });

  test("without tags, as behind a proxy that removes them, the API is asked every 2 s", async () => {
    api.reply(json(RUNNING), json(RUNNING), json(SUCCEEDED));
    expect((await passing(watched())).ms).toBe(4000);
  });

  test("behind a proxy that changes the tag in the requests, the API is asked every 2 s", async () => {
    api.reply(tagged(RUNNING, "1"), tagged(RUNNING, "1"), tagged(RUNNING, "1"), tagged(SUCCEEDED, "2"));
    expect((await passing(watched())).ms).toBe(4000);
  });

  test("a reply that is older than the last one is left out", async () => {
    const old = jobWith(RUNNING.steps, "2026-11-29T05:49:00Z");
    api.reply(tagged(ASKING, "2"), tagged(old, "1"), tagged(SUCCEEDED, "3"));
    expect((await passing(watched())).value).toEqual([ASKING, SUCCEEDED]);
  });

  test("a status and a result that this version does not know count as running", async () => {
    const later = jobWith([step("verify-credentials", "paused"), step("new-step", "in-progress")]);
    api.reply(json({ ...later, newField: 1 }), tagged(SUCCEEDED, "2"));
    expect((await passing(watched())).value.map(stateOf)).toEqual(["running", "succeeded"]);
  });

  test("failures of minutes are survived, and a refusal is not repeated", async () => {
    api.reply(tagged(RUNNING, "1"), ...Array(14).fill(networkError()), tagged(ASKING, "2"));
    api.reply(refusal(401, "unauthorized-access"));
    await expect(passing(watched())).rejects.toMatchObject({ code: "unauthorized-access" });
    expect(asked()).toHaveLength(17);
  });

  test("after 15 failures in a row, about 5 minutes, the watch gives up", async () => {
    api.reply(...Array(15).fill(networkError()));
    const startedAt = Date.now();
    await expect(passing(watched())).rejects.toThrow("No reply");
    expect(Date.now() - startedAt).toBeGreaterThan(120_000);
    expect(Date.now() - startedAt).toBeLessThan(300_000);
  });

  test("an abort ends the watch with the reason of the signal, and leaves no timer", async () => {
    const aborted = new AbortController();
    api.reply(tagged(queuedUntil("2026-11-29T07:50:00Z"), "1"));
    const end = watched({ signal: aborted.signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_000);
    aborted.abort(new Error("enough"));
    expect(await end).toEqual(new Error("enough"));
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a program that leaves the loop leaves no request", async () => {
    api.reply(tagged(RUNNING, "1"));
    for await (const job of client.watch("1", { progress: true })) {
      expect(job).toEqual(RUNNING);
      break;
    }
    expect([asked(), vi.getTimerCount()]).toEqual([[CHANGES], 0]);
  });
});

describe("a queued job", () => {
  test("is asked for at the time of its next attempt, but at least every 5 minutes, and without waiting", async () => {
    const soon = queuedUntil("2026-11-29T05:56:00Z");
    api.reply(tagged(soon, "1"), notModified(), tagged(RUNNING, "2"), tagged(SUCCEEDED, "3"));
    const { value, ms } = await passing(watched());
    expect([value.map(stateOf), ms]).toEqual([["queued", "running", "succeeded"], 360_000]);
    expect(asked()).toEqual([CHANGES, "GET /jobs/1", "GET /jobs/1", CHANGES]);
  });

  test("is asked for at once after this client has resumed or cancelled it", async () => {
    const stub = json({ type: "job", id: "1", links: {} }, 202);
    api.reply(tagged(queuedUntil("2026-11-29T07:50:00Z"), "1"));
    const end = watched();
    await vi.advanceTimersByTimeAsync(1000);
    api.reply(stub, tagged(SUCCEEDED, "2"));
    await client.resume("1");
    expect((await end).map(stateOf)).toEqual(["queued", "succeeded"]);
    expect(asked()).toEqual([CHANGES, "POST /jobs/1/resume", "GET /jobs/1"]);
  });
});

describe("a challenge", () => {
  /** The API's replies from the connection to the end, in as few requests as possible. */
  const STUB = { type: "job", id: "1", links: { self: "s" } };

  test("a job with a challenge takes 5 requests, unless the program wants its progress", async () => {
    api.reply(json(STUB, 202), tagged(ASKING, "1"), tagged(ANSWERED, "2"), tagged(SUCCEEDED, "3"));
    const { id } = await client.connect({ userId: "u", institutionId: "AU00002" });
    const { value } = await passing(watched({ progress: false, onChallenge: () => "1234" }));
    expect([id, value]).toEqual(["1", [ASKING, SUCCEEDED]]);
    expect(api.lines).toEqual([
      "POST /token",
      "POST /users/u/connections",
      `${CHANGES}&while=running`,
      "POST /jobs/1/mfa",
      `${CHANGES}&while=running`,
    ]);
    expect(api.sent.map(({ headers }) => headers["if-none-match"])).toEqual([...Array(4), '"2"']);
    expect(api.sent[3]?.body).toBe('{"mfa-response":["1234"]}');
  });

  test("a job that asks is asked for with its progress, since the API does not wait for less", async () => {
    api.reply(tagged(ASKING, "1"), tagged(ANSWERED, "2"), tagged(SUCCEEDED, "3"));
    const { value } = await passing(watched({ progress: false, onChallenge: () => undefined }));
    expect(value).toEqual([ASKING, SUCCEEDED]);
    expect(asked()).toEqual([`${CHANGES}&while=running`, CHANGES, `${CHANGES}&while=running`]);
  });

  test("the job is yielded before onChallenge is called, once, and nothing is sent while it decides", async () => {
    const order: string[] = [];
    api.reply(tagged(ASKING, "1"), tagged(ANSWERED, "2"), tagged(SUCCEEDED, "3"));
    const onChallenge = async (asks: { input: string[] }) => {
      order.push(`asked: ${asks.input}`);
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      order.push(`requests: ${asked().length}`);
      return ["1234"];
    };
    const end = (async () => {
      for await (const job of client.watch("1", { progress: true, onChallenge })) order.push(stateOf(job));
    })();
    await passing(end);
    expect(order).toEqual(["asks", "asked: OTP Password", "requests: 1", "running", "succeeded"]);
  });

  test("each further challenge calls onChallenge, also if the bank asks the same again", async () => {
    const again = jobWith([
      step("mfa-challenge", "in-progress", challenge("OTP Password", "2026-11-29T05:53:00Z")),
    ]);
    api.reply(tagged(ASKING, "1"), json(again, 202), json(ANSWERED, 202), tagged(SUCCEEDED, "3"));
    const onChallenge = vi.fn(() => "1234");
    await passing(watched({ onChallenge }));
    expect(onChallenge).toHaveBeenCalledTimes(2);
  });

  test("an answer that the bank refuses ends the job, with the words of the bank", async () => {
    api.reply(tagged(ASKING, "1"), refusal(400, "invalid-credentials"), tagged(REFUSED, "2"));
    const { value } = await passing(watched({ onChallenge: () => "0000" }));
    expect(value.map(failureOf)).toEqual([
      undefined,
      {
        step: "mfa-challenge",
        code: "invalid-credentials",
        title: "Wrong code",
        detail: "The code is wrong.",
      },
    ]);
  });

  test("an answer that the API refuses is an error, while the challenge is still open", async () => {
    api.reply(tagged(ASKING, "1"), refusal(400, "parameter-not-valid"), tagged(ASKING, "1"));
    const end = passing(watched({ onChallenge: () => [] }));
    await expect(end).rejects.toMatchObject({ code: "parameter-not-valid" });
  });

  test("an error of onChallenge ends the watch", async () => {
    api.reply(tagged(ASKING, "1"));
    const onChallenge = () => Promise.reject(new Error("no prompt"));
    await expect(passing(watched({ onChallenge }))).rejects.toThrow("no prompt");
  });

  test("without an answer from onChallenge, the watch goes on", async () => {
    api.reply(tagged(ASKING, "1"), tagged(SUCCEEDED, "2"));
    const { value } = await passing(watched({ onChallenge: () => undefined }));
    expect(value.map(stateOf)).toEqual(["asks", "succeeded"]);
  });

  test.each([
    ["right", "2026-11-29T05:50:00Z"],
    ["5 minutes slow", "2026-11-29T05:45:00Z"],
  ])("at its deadline, the prompt is closed by its signal, if the clock is %s", async (_, now) => {
    vi.setSystemTime(new Date(now));
    const expired = jobWith([step("mfa-challenge", "failed", null)]);
    api.reply(tagged(ASKING, "1"), tagged(expired, "2"));
    let closed: AbortSignal | undefined;
    const onChallenge = (_asks: unknown, _job: Job, signal: AbortSignal) => {
      closed = signal;
      return new Promise<undefined>(() => {});
    };
    const { value, ms } = await passing(watched({ onChallenge }));
    expect([value.map(stateOf), ms, closed?.aborted]).toEqual([["asks", "failed"], 121_000, true]);
  });

  test("an answer that comes after the deadline on this clock is still sent", async () => {
    vi.setSystemTime(new Date("2026-11-29T05:55:00Z"));
    api.reply(
      tagged(ASKING, "1"),
      delayed(20_000, () => notModified()),
      json(ANSWERED, 202),
      tagged(SUCCEEDED, "2"),
    );
    const onChallenge = () => new Promise<string>((resolve) => setTimeout(() => resolve("1234"), 5000));
    const { value } = await passing(watched({ onChallenge }));
    expect(value.map(stateOf)).toEqual(["asks", "running", "succeeded"]);
    expect(asked()).toEqual([CHANGES, CHANGES, "POST /jobs/1/mfa", CHANGES]);
  });

  test("an answer from elsewhere in the program is shown without another request", async () => {
    api.reply(tagged(ASKING, "1"), tagged(SUCCEEDED, "2"));
    const seen: string[] = [];
    for await (const job of client.watch("1", { progress: true })) {
      seen.push(stateOf(job));
      if (stateOf(job) === "asks") await client.answer("1", "1234");
    }
    expect([seen, asked()]).toEqual([
      ["asks", "succeeded"],
      [CHANGES, "POST /jobs/1/mfa"],
    ]);
  });

  test("an answer is posted again after a lost reply, since the API sends it to the bank once", async () => {
    api.reply(networkError(), json(ANSWERED, 202));
    expect((await passing(client.answer("1", ["1234"]))).value).toEqual(ANSWERED);
    expect(asked()).toEqual(["POST /jobs/1/mfa", "POST /jobs/1/mfa"]);
  });
});
