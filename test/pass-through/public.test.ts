import { expect, test } from "vitest";
import { RATE_LIMITS } from "../../functions/access/rate-limit.ts";
import type { PassedReply } from "../../functions/pass-through/passing.ts";
import { groupOf, passPublicly, replyCache } from "../../functions/pass-through/public.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeRequestCounts } from "../support/fake-ports.ts";

const reply = (size = 2): PassedReply => ({ status: 200, body: Buffer.alloc(size, "x") });
const call = (query = "") => ({ method: "GET", path: "/public/institutions", query }) as const;

function world() {
  const clock = fakeClock();
  const sent: string[] = [];
  const publicPassing = {
    send: async ({ query }: { query: string }) => {
      sent.push(query);
      return reply();
    },
  };
  const requestCounts = fakeRequestCounts();
  return { clock, sent, deps: { clock, requestCounts, publicPassing, publicReplies: replyCache(clock) } };
}

test("A public reply comes from the cache for 5 minutes", async () => {
  const { clock, sent, deps } = world();
  await passPublicly(deps, "192.0.2.1", call());
  clock.pass(5 * 60_000 - 1);
  await passPublicly(deps, "192.0.2.1", call());
  expect(sent).toHaveLength(1);
  clock.pass(1);
  await passPublicly(deps, "192.0.2.1", call());
  expect(sent).toHaveLength(2);
});

test("An address has a limit of its own, also for replies of the cache", async () => {
  const { deps } = world();
  for (let count = 0; count < RATE_LIMITS.address; count++) await passPublicly(deps, "192.0.2.1", call());
  const refused = { problems: [{ reason: "rate-exceeded" }] };
  await expect(passPublicly(deps, "192.0.2.1", call())).rejects.toMatchObject(refused);
  await expect(passPublicly(deps, "192.0.2.2", call())).resolves.toMatchObject({ status: 200 });
});

test("All addresses share one budget of requests to the aggregator, which the cache spares", async () => {
  const { sent, deps } = world();
  const ask = (count: number) => passPublicly(deps, `192.0.2.${count % 250}`, call(`q=${count}`));
  for (let count = 0; count < RATE_LIMITS.public; count++) await ask(count);
  await expect(ask(RATE_LIMITS.public)).rejects.toMatchObject({ problems: [{ reason: "rate-exceeded" }] });
  await expect(ask(RATE_LIMITS.public - 1)).resolves.toMatchObject({ status: 200 });
  expect(sent).toHaveLength(RATE_LIMITS.public);
});

test("The cache holds 100 replies and 32 MB, and the oldest reply leaves first", () => {
  const cache = replyCache(fakeClock());
  for (let number = 0; number <= 100; number++) cache.store(`${number}`, reply());
  expect([cache.find("0"), cache.find("1")]).toEqual([undefined, reply()]);
  for (let number = 0; number < 5; number++) cache.store(`large ${number}`, reply(8 * 1024 * 1024));
  expect([cache.find("large 0"), cache.find("1")]).toEqual([undefined, undefined]);
  expect(cache.find("large 4")).toBeDefined();
});

test("Addresses of one IPv6 network count as one, and an IPv4 address is the same inside IPv6", () => {
  expect(groupOf("2001:db8:0:1::1")).toBe(groupOf("2001:0db8:0000:0001:ffff:ffff:ffff:ffff"));
  expect(groupOf("2001:db8:0:1::1")).not.toBe(groupOf("2001:db8:0:2::1"));
  expect(groupOf("::1")).toBe(groupOf("0:0:0:0::2"));
  expect(groupOf("::ffff:192.0.2.1")).toBe(groupOf("192.0.2.1"));
  expect(groupOf("192.0.2.1")).toMatch(/^[0-9a-f]{6}$/);
});
