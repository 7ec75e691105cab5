import { expect, test } from "vitest";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { cachedSecrets } from "../../../functions/webhooks/store/cached-secrets.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { fakeEndpointSecrets } from "../../support/fake-webhooks.ts";

test("a secret is kept for five minutes, each under its own webhook and number, and a lost one is not", async () => {
  const clock = fakeClock();
  const stored = fakeEndpointSecrets();
  const cached = cachedSecrets(stored, clock);
  const found = async (id: string, number: number) => (await cached.reveal(id, number))?.reveal();
  expect(await found("one", 1)).toBeUndefined();
  for (const [id, number] of [
    ["one", 1],
    ["one", 2],
    ["two", 1],
  ] as const) {
    await stored.store(id, number, new Secret(`${id} ${number}`));
    expect(await found(id, number)).toBe(`${id} ${number}`);
    await stored.destroy(id, number);
    expect(await found(id, number)).toBe(`${id} ${number}`);
  }
  clock.pass(5 * 60_000 - 1);
  expect(await found("one", 1)).toBe("one 1");
  clock.pass(1);
  expect([await found("one", 1), await found("one", 2)]).toEqual([undefined, undefined]);
});
