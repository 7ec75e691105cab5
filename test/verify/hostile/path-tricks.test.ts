import fc from "fast-check";
import { expect, test } from "vitest";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { upstreamPath, upstreamQuery } from "../../../functions/pass-through/passed-call.ts";
import { isOfRoute, passedRoute, trick } from "./path-tricks.ts";

const TRIES = 20_000;
const UPSTREAM = "https://upstream.example";

test("No parameter and no query leads to another path, host or header than those of the route", () => {
  let passed = 0;
  fc.assert(
    fc.property(passedRoute, trick, trick, trick, ({ path }, first, second, query) => {
      const given = [first, second];
      let built: string;
      try {
        built = upstreamPath(path, () => given.shift() ?? "");
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
        return;
      }
      passed += 1;
      const asked = upstreamQuery(query);
      expect(asked).toMatch(/^[!-"$-~]*$/);
      const url = new URL(`${UPSTREAM}${built}?${asked}`);
      expect([url.origin, url.hash, isOfRoute(path, url)]).toEqual([UPSTREAM, "", true]);
    }),
    { numRuns: TRIES },
  );
  expect(passed).toBeGreaterThan(TRIES / 20);
});
