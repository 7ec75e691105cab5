import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UpstreamRefused } from "../../functions/jobs/domain/errors.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { type BasiqSandbox, basiqSandbox } from "../support/basiq-replies.ts";
import { gavin, USER_ID } from "../support/job-examples.ts";

let bank: BasiqSandbox;
beforeEach(async () => {
  bank = await basiqSandbox();
});
afterEach(() => bank.close());

const jared = { loginId: new Secret("jared"), password: new Secret("django") };
const open = (institution = "AU00000", login = gavin) =>
  bank.upstream.openConnection(USER_ID, institution, login);
const refusalOf = async (call: Promise<unknown>) => {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (!(error instanceof UpstreamRefused)) throw new Error("not refused", { cause: error });
  return { status: error.status, ...error.problem };
};

describe("an institution", () => {
  test("is read with its status and what its login needs", async () => {
    expect(await bank.upstream.institution("AU00000")).toEqual({
      id: "AU00000",
      authorization: "user",
      needsSecurityCode: false,
      needsSecondaryLoginId: false,
      status: "operational",
    });
    expect(await bank.upstream.institution("AU00006")).toMatchObject({
      needsSecurityCode: true,
      needsSecondaryLoginId: true,
    });
    await bank.setInstitution("AU00002", { status: "major-outage", outage: "refuse" });
    expect(await bank.upstream.institution("AU00002")).toMatchObject({ status: "major-outage" });
  });

  test("that does not exist is none", async () => {
    expect(await bank.upstream.institution("AU99999")).toBeUndefined();
    expect(await bank.upstream.institution("../users")).toBeUndefined();
    expect(await bank.upstream.institution("a b?c#d")).toBeUndefined();
  });
});

describe("a connection", () => {
  test("takes every field of a login", async () => {
    const login = { ...gavin, securityCode: new Secret("1"), secondaryLoginId: new Secret("2") };
    const { upstreamJobId } = await open("AU00006", login);
    bank.clock.pass(7_000);
    expect((await bank.upstream.job(upstreamJobId)).steps[0]?.status).toBe("success");
  });

  test("fails in upstream's words", async () => {
    const { upstreamJobId } = await open("AU00000", { ...gavin, password: new Secret("wrong") });
    bank.clock.pass(3_000);
    expect((await bank.upstream.job(upstreamJobId)).steps[0]).toEqual({
      title: "verify-credentials",
      status: "failed",
      result: {
        code: "invalid-credentials",
        title: "Cannot login to target institution",
        detail: "Invalid credentials",
      },
    });
  });

  test("that upstream refuses is refused with its status and words, after one call", async () => {
    expect(await refusalOf(open("AU99999"))).toMatchObject({ status: 400, code: "parameter-not-valid" });
    expect((await bank.calls()).filter((call) => call.endsWith("/connections"))).toHaveLength(1);
  });

  test("to a bank that is down is refused as an outage, after one call", async () => {
    await bank.setInstitution("AU00000", { status: "major-outage", outage: "refuse" });
    expect(await refusalOf(open())).toMatchObject({ status: 503, code: "service-unavailable" });
    expect((await bank.calls()).filter((call) => call.endsWith("/connections"))).toHaveLength(1);
  });
});

describe("a challenge", () => {
  test("of several questions takes as many answers, in their order", async () => {
    const whistler = { loginId: new Secret("Whistler"), password: new Secret("ShowBox") };
    const { upstreamJobId } = await open("AU00002", whistler);
    bank.clock.pass(2_000);
    expect((await bank.upstream.job(upstreamJobId)).challenge?.input).toHaveLength(2);
    await bank.upstream.answer(upstreamJobId, [new Secret("Basiq"), new Secret("AU00000")]);
    bank.clock.pass(3_000);
    expect((await bank.upstream.job(upstreamJobId)).steps[1]?.status).toBe("success");
  });

  test("that is over refuses its answer", async () => {
    const { upstreamJobId } = await open("AU00002", jared);
    bank.clock.pass(125_000);
    const answer = bank.upstream.answer(upstreamJobId, [new Secret("1234")]);
    expect(await refusalOf(answer)).toMatchObject({ status: 410, code: "resource-no-longer-available" });
  });
});

test("a job that upstream does not know is refused, not missing", async () => {
  expect(await refusalOf(bank.upstream.job("nothing"))).toMatchObject({
    status: 404,
    code: "resource-not-found",
  });
  expect((await bank.calls()).filter((call) => call === "GET /jobs/nothing")).toHaveLength(1);
});
