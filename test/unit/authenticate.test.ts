import { describe, expect, test } from "vitest";
import {
  authenticate,
  authenticateToAct,
  connectionOfPath,
  jobOfPath,
  userOfPath,
  userOfServer,
} from "../../functions/access/authenticate.ts";
import { SCOPES, type TokenClaims } from "../../functions/access/caller.ts";
import type { TokenVerifier } from "../../functions/access/ports.ts";
import { readHttpRequest } from "../../functions/http/request.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";

const JOB = "61723f32-8a63-4b0e-9a33-6a0e2f5a8b11";
const [SERVER, CLIENT] = SCOPES;
const server: TokenClaims = { scope: SERVER, version: "3.0" };
const unbound: TokenClaims = { scope: CLIENT, version: "3.0" };
const owner: TokenClaims = { scope: CLIENT, version: "3.0", userId: "owner" };
const other: TokenClaims = { scope: CLIENT, version: "3.0", userId: "other" };

const asking = (pathParameters: Record<string, string>, authorization = "Bearer good") =>
  readHttpRequest({
    rawPath: "/",
    headers: { authorization },
    pathParameters,
    requestContext: { http: { method: "GET" } },
  });

const verifying = (claims: TokenClaims): { tokenVerifier: TokenVerifier } => ({
  tokenVerifier: {
    verify: async (token) => {
      if (token !== "good") throw new Refusal("token-not-valid");
      return claims;
    },
  },
});

/** What comes of it: what is given, or the reason of the refusal. */
async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return error.problems[0].reason;
    throw error;
  }
}

describe("a token", () => {
  test.each([
    "",
    "good",
    "Basic good",
    "Bearer",
    "Bearer ",
    "Bearer good more",
    "Bearer bad",
    "xBearer good",
  ])("sent as %j is none", async (authorization) => {
    const request = asking({}, authorization);
    expect(await outcome(() => authenticate(verifying(server), request))).toBe("token-not-valid");
    expect(await outcome(() => authenticateToAct(verifying(server), request))).toBe("token-not-valid");
  });

  test.each(["Bearer good", "bearer good", "BEARER  good"])("sent as %j is taken", async (authorization) => {
    expect(await outcome(() => authenticate(verifying(owner), asking({}, authorization)))).toEqual(owner);
  });

  test.each([
    [server, server],
    [owner, owner],
    [unbound, "scope-not-enough"],
  ])("of %o may do more than read: %o", async (claims, expected) => {
    expect(await outcome(() => authenticateToAct(verifying(claims), asking({})))).toEqual(expected);
  });
});

describe("the user of a path", () => {
  const request = asking({ userId: "owner" });

  test.each([
    [server, "owner", "owner"],
    [owner, "owner", "scope-not-enough"],
    [other, "token-of-another-user", "token-of-another-user"],
    [unbound, "scope-not-enough", "scope-not-enough"],
    [{ ...server, userId: "other" }, "token-of-another-user", "token-of-another-user"],
  ])("for %o is %s, and for a server's calls %s", async (claims, forAll, forServers) => {
    expect(await outcome(() => userOfPath(request, claims))).toBe(forAll);
    expect(await outcome(() => userOfServer(request, claims))).toBe(forServers);
  });

  test.each(["", "a b", "a/b", "..", "x".repeat(65)])("is none when it is %j", async (userId) => {
    expect(await outcome(() => userOfPath(asking({ userId }), server))).toBe("field-not-valid");
  });
});

test("what is no id is as good as nothing", async () => {
  expect(jobOfPath(asking({ jobId: JOB }))).toBe(JOB);
  expect(connectionOfPath(asking({ connectionId: "8fce3b" }))).toBe("8fce3b");
  for (const id of ["", "1", "../x", `${JOB}x`, "x".repeat(10_000)]) {
    expect(await outcome(() => jobOfPath(asking({ jobId: id })))).toBe("job-not-found");
  }
  for (const id of ["", "a b", "../x", "x".repeat(65)]) {
    expect(await outcome(() => connectionOfPath(asking({ connectionId: id })))).toBe("connection-not-found");
  }
});
