import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { TokenClaims } from "../../functions/access/caller.ts";
import type { TokenIssuer, TokenVerifier } from "../../functions/access/ports.ts";
import { kmsTokenIssuer, kmsTokenVerifier } from "../../functions/access/tokens.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeTokens } from "../support/fake-ports.ts";
import { localKms } from "../support/local-aws.ts";

let kms: Awaited<ReturnType<typeof localKms>>;
beforeAll(async () => {
  kms = await localKms();
});
afterAll(() => kms.close());
afterEach(() => {
  vi.useRealTimers();
});

interface Tokens {
  issuer: TokenIssuer;
  verifier: TokenVerifier;
  /** Has another key. */
  stranger: TokenIssuer;
  pass(ms: number): void;
}

function inMemory(): Tokens {
  const clock = fakeClock();
  const tokens = fakeTokens(clock);
  return { issuer: tokens, verifier: tokens, stranger: fakeTokens(clock), pass: clock.pass };
}

function signedByKms(): Tokens {
  vi.useFakeTimers({ toFake: ["Date"] });
  return {
    issuer: kmsTokenIssuer(kms.client, "signing"),
    verifier: kmsTokenVerifier(kms.client, "signing"),
    stranger: kmsTokenIssuer(kms.client, "another"),
    pass: (ms) => vi.setSystemTime(Date.now() + ms),
  };
}

const IMPLEMENTATIONS: [string, () => Tokens][] = [
  ["in memory", inMemory],
  ["signed by KMS", signedByKms],
];

const server: TokenClaims = { scope: "SERVER_ACCESS", version: "2.1" };
const client: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: "ea3a81" };
const unbound: TokenClaims = { scope: "CLIENT_ACCESS", version: "2.0", userId: undefined };

describe.each(IMPLEMENTATIONS)("a token %s", (_, make) => {
  const issued = async (issuer: TokenIssuer, claims = client) =>
    (await issuer.issue(claims)).accessToken.reveal();
  const reasonFor = async (verifier: TokenVerifier, token: string) => {
    const error: unknown = await verifier.verify(token).catch((reason: unknown) => reason);
    return error instanceof Refusal ? error.problems[0].reason : error;
  };

  test.each([server, client, unbound])("for %j gives these claims when it is verified", async (claims) => {
    const { issuer, verifier } = make();
    expect(await verifier.verify(await issued(issuer, claims))).toEqual(claims);
  });

  test("is refused as expired from the end of its hour on", async () => {
    const { issuer, verifier, pass } = make();
    const { accessToken, expiresInSeconds } = await issuer.issue(client);
    expect(expiresInSeconds).toBe(3600);
    pass(3590_000);
    expect(await verifier.verify(accessToken.reveal())).toEqual(client);
    pass(10_000);
    expect(await reasonFor(verifier, accessToken.reveal())).toBe("token-expired");
  });

  test("that somebody else issued, or that is changed or empty, is refused as not valid", async () => {
    const { issuer, verifier, stranger } = make();
    const token = await issued(issuer);
    for (const text of [await issued(stranger), `${token}x`, token.slice(1), "", "not a token"]) {
      expect(await reasonFor(verifier, text)).toBe("token-not-valid");
    }
  });
});
