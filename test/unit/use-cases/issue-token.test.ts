import { describe, expect, test } from "vitest";
import { type IssueToken, issueToken } from "../../../functions/access/issue-token.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { fakeApiKeys, fakeRequestCounts, fakeTokens } from "../../support/fake-ports.ts";

function office(settings = { allowsUnboundClientTokens: false }) {
  const clock = fakeClock();
  const tokens = fakeTokens(clock);
  return {
    issued: tokens.issued,
    settings,
    clock,
    requestCounts: fakeRequestCounts(),
    apiKeys: fakeApiKeys("good", "other"),
    tokenIssuer: tokens,
  };
}

const asked: IssueToken = {
  apiKey: new Secret("good"),
  version: "3.0",
  scope: "SERVER_ACCESS",
  userId: undefined,
};

async function problems(deps: ReturnType<typeof office>, request: IssueToken) {
  const error: unknown = await issueToken(deps, request).catch((reason: unknown) => reason);
  expect(deps.issued).toEqual([]);
  return error instanceof Refusal ? error.problems : error;
}

describe("a token", () => {
  test("of a server is bound to nobody, whatever was asked", async () => {
    const deps = office();
    await issueToken(deps, { ...asked, userId: "u" });
    expect(deps.issued).toEqual([{ scope: "SERVER_ACCESS", version: "3.0" }]);
  });

  test("of a client is bound to its user", async () => {
    const deps = office();
    const claims = { version: "2.1", scope: "CLIENT_ACCESS", userId: "u" } as const;
    const { accessToken } = await issueToken(deps, { ...asked, ...claims });
    expect(deps.issued).toEqual([claims]);
    expect(await deps.tokenIssuer.verify(accessToken.reveal())).toEqual(claims);
  });

  test("of a client without a user is refused", async () => {
    const request = { ...asked, scope: "CLIENT_ACCESS" as const };
    expect(await problems(office(), request)).toEqual([{ reason: "field-missing", field: "userId" }]);
  });

  test("of a client without a user is given where the deployment allows it", async () => {
    const deps = office({ allowsUnboundClientTokens: true });
    await issueToken(deps, { ...asked, scope: "CLIENT_ACCESS" });
    expect(deps.issued).toEqual([{ scope: "CLIENT_ACCESS", version: "3.0", userId: undefined }]);
  });
});

test.each([undefined, new Secret("bad")])("the key %s is refused, and nothing is counted", async (apiKey) => {
  const deps = office();
  expect(await problems(deps, { ...asked, apiKey })).toEqual([{ reason: "api-key-not-valid" }]);
  expect(deps.requestCounts.counts.size).toBe(0);
});

describe("the limit", () => {
  test("is a key's own, and over it nothing is issued", async () => {
    const deps = office();
    for (let time = 0; time < 1_500; time++) await issueToken(deps, asked);
    expect(deps.issued.splice(0)).toHaveLength(1_500);
    expect(await problems(deps, asked)).toEqual([{ reason: "rate-exceeded", retryAfterSeconds: 300 }]);
    await issueToken(deps, { ...asked, apiKey: new Secret("other") });
    expect(deps.issued).toHaveLength(1);
  });

  test("counts no request that has something wrong with it", async () => {
    const deps = office();
    await problems(deps, { ...asked, scope: "CLIENT_ACCESS" });
    expect(deps.requestCounts.counts.size).toBe(0);
  });
});
