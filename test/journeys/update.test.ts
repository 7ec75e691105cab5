import { beforeAll, describe, expect, test } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { begun, connected, connectionPath, update } from "./calls.ts";
import { HOOLI, LOGINS, NUCLEUS, PIED_PIPER, RAVIGA, TOKEN_BANK } from "./logins.ts";
import { ALL_DONE, MobileBackend, statuses } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();

const TOKEN = { userToken: "token:PTln18RhwL" };

describe("another login", () => {
  test("is tried for the connection that there is, which stays", async () => {
    const backend = new MobileBackend(reached());
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    const jobId = begun(await update(backend, connectionId, LOGINS.ash));
    const source = `${reached().apiUrl}${connectionPath(backend, connectionId)}`;
    expect((await backend.job(jobId)).links.source).toBe(source);

    const job = await backend.untilOver(jobId);
    expect(job.links).toEqual({ self: `${reached().apiUrl}/jobs/${jobId}`, source });
    expect(statuses(job.steps)).toEqual(ALL_DONE.filter((step) => !step.startsWith("mfa")));
    expect(job.steps[0]?.result).toEqual({ type: "link", url: connectionPath(backend, connectionId) });
    const posts = (await backend.upstreamCalls()).filter((call) => call.startsWith("POST /users/"));
    expect(posts).toEqual([
      `POST /users/${backend.userId}/connections`,
      `POST ${connectionPath(backend, connectionId)}`,
    ]);
  });

  test("that the bank refuses fails the job in upstream's words, and the next one may be right", async () => {
    const backend = new MobileBackend(reached());
    const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
    const wrong = begun(await update(backend, connectionId, { ...LOGINS.gavin, password: "mistyped" }));
    expect((await backend.untilOver(wrong)).steps[0]).toEqual({
      title: "verify-credentials",
      status: "failed",
      result: {
        code: "invalid-credentials",
        title: "Cannot login to target institution",
        detail: "Invalid credentials",
      },
    });
    const right = begun(await update(backend, connectionId, LOGINS.gavin));
    expect(statuses((await backend.untilOver(right)).steps)).toContain("retrieve-transactions: success");
  });

  test("is asked for a code at an MFA institution, as a create is", async () => {
    const backend = new MobileBackend(reached());
    const connectionId = await connected(backend, PIED_PIPER, LOGINS.jared, ["1234"]);
    const jobId = begun(await update(backend, connectionId, LOGINS.gilfoyle));
    expect((await backend.untilAsked(jobId)).input).toEqual(["What's your first company?"]);
    await backend.answer(jobId, ["Hooli"]);
    expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
  });

  test("may be a user token, or hold codes, where the institution wants that", async () => {
    const backend = new MobileBackend(reached());
    const login = { ...LOGINS.gavin, securityCode: "4321", secondaryLoginId: "second" };
    const [tokened, coded] = await Promise.all([
      connected(backend, TOKEN_BANK, TOKEN),
      connected(backend, RAVIGA, login),
    ]);
    const jobs = await Promise.all([update(backend, tokened, TOKEN), update(backend, coded, login)]);
    for (const job of jobs) {
      const { steps } = await backend.untilOver(begun(job));
      expect(statuses(steps)).toContain("retrieve-transactions: success");
    }
  });
});

describe("a body", () => {
  let backend: MobileBackend;
  const connections = new Map<string, string>();
  beforeAll(async () => {
    backend = new MobileBackend(reached());
    const codes = { securityCode: "4321", secondaryLoginId: "second" };
    connections.set(HOOLI, await connected(backend, HOOLI, LOGINS.gavin));
    connections.set(RAVIGA, await connected(backend, RAVIGA, { ...LOGINS.gavin, ...codes }));
    connections.set(TOKEN_BANK, await connected(backend, TOKEN_BANK, TOKEN));
  });
  const updateAt = (institutionId: string, body: object) =>
    update(backend, connections.get(institutionId) ?? "", body);

  test.each([
    ["nothing", HOOLI, {}, ["loginId", "password"]],
    ["no password", HOOLI, { loginId: "gavinBelson" }, ["password"]],
    ["an empty login id", HOOLI, { ...LOGINS.gavin, loginId: "" }, ["loginId"]],
    ["a user token only", HOOLI, TOKEN, ["loginId", "password"]],
    ["no codes", RAVIGA, LOGINS.gavin, ["securityCode", "secondaryLoginId"]],
    ["no user token", TOKEN_BANK, LOGINS.gavin, ["userToken"]],
  ])("with %s is told every field that it misses, and no institution", async (_, at, body, fields) => {
    expect(refusal(await updateAt(at, body))).toEqual([400, "parameter-not-supplied", fields]);
  });

  test("is told so in the published words", async () => {
    const { data } = errorReply.parse((await updateAt(HOOLI, { loginId: "gavinBelson" })).json);
    expect(data).toEqual([
      {
        type: "error",
        code: "parameter-not-supplied",
        title: "Required parameter not supplied",
        detail: "Password parameter is required.",
        source: { pointer: "connection/password", parameter: "password" },
      },
    ]);
  });

  test.each([
    ["numbers", { loginId: 1, password: 2 }, ["loginId", "password"]],
    ["a list", { ...LOGINS.gavin, userToken: ["t"] }, ["userToken"]],
    ["what cannot be sealed", { ...LOGINS.gavin, password: "x".repeat(5_000) }, ["connection"]],
  ])("of %s is not valid", async (_, body, fields) => {
    expect(refusal(await updateAt(HOOLI, body))).toEqual([400, "parameter-not-valid", fields]);
  });

  test("of another content type is not read", async () => {
    const path = connectionPath(backend, connections.get(HOOLI) ?? "");
    const authorization = `Bearer ${await backend.token()}`;
    const body = JSON.stringify(LOGINS.gavin);
    const send = (type: string, text: string) =>
      backend.send("POST", path, { headers: { authorization, "content-type": type }, body: text });
    expect(refusal(await send("text/plain", body))).toEqual([415, "unsupported-content-type", [undefined]]);
    expect(refusal(await send("application/json", "[]"))).toEqual([400, "invalid-content", [undefined]]);
  });

  test("that was refused reached no bank", async () => {
    const posts = (await backend.upstreamCalls()).filter((call) => call.startsWith("POST /users/"));
    expect(posts).toEqual(Array(3).fill(`POST /users/${backend.userId}/connections`));
  });

  test("may name an institution and more, which changes nothing", async () => {
    const body = { ...LOGINS.ash, institution: { id: NUCLEUS }, unknown: [1] };
    const { steps } = await backend.untilOver(begun(await updateAt(HOOLI, body)));
    expect(statuses(steps)).toEqual(ALL_DONE.filter((step) => !step.startsWith("mfa")));
  });
});
