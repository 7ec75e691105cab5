import fc from "fast-check";
import { expect, test } from "vitest";
import { countRequest } from "../../../functions/access/rate-limit.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { fakeRequestCounts } from "../../support/fake-ports.ts";

const FIVE_MINUTES = 300_000;
const LIMIT = 600;

function counting() {
  const clock = fakeClock();
  const requestCounts = fakeRequestCounts();
  return {
    clock,
    requestCounts,
    /** The seconds that a refusal names; 0 for a request that passes. */
    post: async (userId: string) => {
      try {
        await countRequest({ clock, requestCounts }, "user", userId);
        return 0;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        expect(error.problems[0].reason).toBe("rate-exceeded");
        return error.problems[0].retryAfterSeconds ?? Number.NaN;
      }
    },
  };
}

/** Bursts of some users, with pauses between them. */
const bursts = fc.array(
  fc.record({
    userId: fc.constantFrom("a", "b", "c"),
    posts: fc.integer({ min: 1, max: LIMIT * 2 }),
    pauseMs: fc.integer({ min: 0, max: FIVE_MINUTES }),
  }),
  { maxLength: 8 },
);

test("in each window the first 600 of a user pass and no others, whatever came before and whoever else there is", async () => {
  await fc.assert(
    fc.asyncProperty(bursts, async (given) => {
      const { clock, post } = counting();
      const passed = new Map<string, number>();
      for (const { userId, posts, pauseMs } of given) {
        clock.pass(pauseMs);
        const window = `${userId} ${Math.floor(clock.now().getTime() / FIVE_MINUTES)}`;
        for (let one = 0; one < posts; one++) {
          const before = passed.get(window) ?? 0;
          const isRefused = (await post(userId)) > 0;
          expect(isRefused).toBe(before === LIMIT);
          if (!isRefused) passed.set(window, before + 1);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test("whoever waits as long as it is told is let in again, and not before", async () => {
  const { clock, post } = counting();
  clock.pass(100_500);
  for (let one = 0; one < LIMIT; one++) expect(await post("a")).toBe(0);
  expect(await post("a")).toBe(200);
  clock.pass(199_499);
  expect(await post("a")).toBe(1);
  clock.pass(1_000);
  expect(await post("a")).toBe(0);
});

test("what is refused counts too, and makes nobody wait for longer", async () => {
  const { clock, post } = counting();
  for (let one = 0; one < LIMIT * 3; one++) await post("a");
  expect(await post("a")).toBe(300);
  clock.pass(FIVE_MINUTES);
  expect(await post("a")).toBe(0);
});
