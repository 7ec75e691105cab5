import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  authenticate,
  authenticateToAct,
  connectionOfPath,
  jobOfPath,
  userOfPath,
  userOfServer,
} from "../../functions/access/authenticate.ts";
import { connectWith, reachesJobsOf, SCOPES, type TokenClaims } from "../../functions/access/caller.ts";
import type { TokenVerifier } from "../../functions/access/ports.ts";
import { currentWindow, isTooMany, retryAfterSeconds } from "../../functions/access/rate-limit.ts";
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

/** The result, or the reason of the refusal. */
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
  ])("sent as %j is refused", async (authorization) => {
    const request = asking({}, authorization);
    expect(await outcome(() => authenticate(verifying(server), request))).toBe("token-not-valid");
    expect(await outcome(() => authenticateToAct(verifying(server), request))).toBe("token-not-valid");
  });

  test.each(["Bearer good", "bearer good", "BEARER  good"])(
    "sent as %j is accepted",
    async (authorization) => {
      expect(await outcome(() => authenticate(verifying(owner), asking({}, authorization)))).toEqual(owner);
    },
  );

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
  ])("for %o is %s, and for calls of servers %s", async (claims, forAll, forServers) => {
    expect(await outcome(() => userOfPath(request, claims))).toBe(forAll);
    expect(await outcome(() => userOfServer(request, claims))).toBe(forServers);
  });

  test.each(["", "a b", "a/b", "..", "x".repeat(65)])("is refused as %j", async (userId) => {
    expect(await outcome(() => userOfPath(asking({ userId }), server))).toBe("field-not-valid");
  });
});

test("an id in a path is found in any case", () => {
  expect(userOfPath(asking({ userId: "OWNER" }), owner)).toBe("owner");
  expect(reachesJobsOf(owner, "Owner")).toBe(true);
  expect(jobOfPath(asking({ jobId: JOB.toUpperCase() }))).toBe(JOB);
  expect(connectionOfPath(asking({ connectionId: "8FCE3B" }))).toBe("8fce3b");
});

test.each([
  ["2.0", undefined, "direct"],
  ["2.1", undefined, "direct"],
  ["2.1", "direct", "direct"],
  ["2.1", "consent-ui", "consent-ui"],
  ["3.0", undefined, "consent-ui"],
  ["3.0", "consent-ui", "consent-ui"],
  ["3.0", "direct", undefined],
] as const)("with version %s of the aggregator and the setting %s, logins are taken by %s", (...given) => {
  const [version, asked, expected] = given;
  expect(connectWith(version, asked)).toBe(expected);
});

test("a malformed id in a path is refused like a missing job or connection", async () => {
  expect(jobOfPath(asking({ jobId: JOB }))).toBe(JOB);
  expect(connectionOfPath(asking({ connectionId: "8fce3b" }))).toBe("8fce3b");
  for (const jobId of ["", "1", "../x", `${JOB}x`, "x".repeat(10_000)]) {
    expect(await outcome(() => jobOfPath(asking({ jobId })))).toBe("job-not-found");
  }
  for (const connectionId of ["", "a b", "../x", "x".repeat(65)]) {
    expect(await outcome(() => connectionOfPath(asking({ connectionId })))).toBe("connection-not-found");
  }
});

describe("the window of a rate limit", () => {
  const FIVE_MINUTES = 300_000;
  const clockAt = (ms: number, scale: number) => ({
    after: (nominal: number) => new Date(ms + nominal / scale),
    msUntil: (moment: Date) => (moment.getTime() - ms) * scale,
  });
  const moments = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2100, 0) });
  const scales = fc.constantFrom(1, 2, 20, 60, 150, 1_000);

  test("lasts 5 minutes of the clock, and is followed by the next", () => {
    fc.assert(
      fc.property(moments, scales, fc.double({ min: 0, max: 1, noNaN: true }), (ms, scale, share) => {
        const { number, endsAt } = currentWindow(clockAt(ms, scale));
        const leftMs = endsAt.getTime() - ms;
        expect(leftMs).toBeGreaterThanOrEqual(0);
        expect(leftMs).toBeLessThanOrEqual(FIVE_MINUTES / scale);
        // The end may lie between two whole milliseconds.
        const within = ms + Math.floor(share * Math.max(0, leftMs - 1));
        expect(currentWindow(clockAt(within, scale)).number).toBe(number);
        expect(currentWindow(clockAt(endsAt.getTime() + 1, scale)).number).toBe(number + 1);
      }),
    );
  });

  test("is over after the whole seconds of Retry-After", () => {
    fc.assert(
      fc.property(moments, scales, (ms, scale) => {
        const window = currentWindow(clockAt(ms, scale));
        const seconds = retryAfterSeconds(window, new Date(ms));
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(Math.max(1, FIVE_MINUTES / scale / 1_000));
        expect(currentWindow(clockAt(ms + seconds * 1_000, scale)).number).toBeGreaterThan(window.number);
      }),
    );
  });

  test("begins at full five minutes", () => {
    const endAt = (time: string) => currentWindow(clockAt(Date.parse(time), 1)).endsAt.toISOString();
    expect(endAt("2026-01-05T09:04:59.999Z")).toBe("2026-01-05T09:05:00.000Z");
    expect(endAt("2026-01-05T09:05:00.000Z")).toBe("2026-01-05T09:10:00.000Z");
  });

  test.each([
    ["token", 1_500],
    ["user", 600],
  ] as const)("of limit %s allows %i requests, and no more", (limit, count) => {
    expect([isTooMany(limit, count), isTooMany(limit, count + 1)]).toEqual([false, true]);
  });
});
