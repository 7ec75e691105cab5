import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EndedAttempt } from "../../../../functions/institutions/domain/attempt.ts";
import {
  type InstitutionState,
  type Sign,
  stateAfter,
  unknownState,
} from "../../../../functions/institutions/domain/state.ts";
import { attemptAt, BANK, timeAt } from "./attempts.ts";

const stateWith = (...signs: Sign[]) => signs.reduce(stateAfter, unknownState(BANK));
const tried = (...attempts: EndedAttempt[]): Sign => ({ attempts });
const recordAt = (seconds: number, isAvailable: boolean): Sign => ({
  record: { isAvailable, at: timeAt(seconds) },
});
const shown = ({ status, since, unannounced }: InstitutionState) => ({
  status,
  since,
  announced: unannounced.length,
});

const failure = (seconds: number) => attemptAt(seconds, "institution");
const three = [failure(1), failure(2), failure(3)];

describe("a bank is down", () => {
  test("after three failures in a row, and not by those of others or of users", () => {
    expect(stateWith(tried(...three.slice(1))).status).toBe("up");
    expect(
      stateWith(
        tried(...three.slice(1), attemptAt(3, "aggregator"), attemptAt(4, "us"), attemptAt(5, "user")),
      ).status,
    ).toBe("up");
    expect(shown(stateWith(tried(...three)))).toEqual({ status: "down", since: timeAt(3), announced: 1 });
  });

  test("not if it has decided on a login in between, whenever we learn of that", () => {
    const refused = attemptAt(2.5, "user", { isAnswered: true });
    expect(stateWith(tried(...three.slice(0, 2)), tried(refused), tried(failure(3))).status).toBe("up");
    expect(stateWith(tried(refused), tried(...three)).status).toBe("up");
  });

  test("not by a failure that is read three times, and not by three bad days", () => {
    expect(stateWith(tried(failure(1)), ...[1, 2, 3].map(() => tried(three[0] ?? failure(1)))).status).toBe(
      "up",
    );
    const day = 24 * 3600;
    expect(stateWith(tried(failure(0)), tried(failure(day)), tried(failure(2 * day))).status).toBe("up");
  });

  test("as soon as its record says so", () => {
    expect(shown(stateWith(recordAt(0, true), recordAt(60, false)))).toEqual({
      status: "down",
      since: timeAt(60),
      announced: 1,
    });
  });
});

describe("a bank that was down is up again", () => {
  test("when it has decided on a login since, while its record does not say that it is down", () => {
    const success = tried(attemptAt(9, "succeeded"));
    expect(shown(stateWith(tried(...three), success))).toEqual({
      status: "up",
      since: timeAt(9),
      announced: 2,
    });
    expect(stateWith(tried(...three), recordAt(5, false), success).status).toBe("down");
    expect(stateWith(tried(...three), recordAt(5, false), success, recordAt(60, true)).status).toBe("up");
  });

  test("not by a success that is older than its last failure", () => {
    expect(stateWith(tried(...three), tried(attemptAt(2, "succeeded"))).status).toBe("down");
  });

  test("five minutes after its record has become good, if nothing has failed since", () => {
    const down = [recordAt(0, false), recordAt(60, true)];
    expect(stateWith(...down, recordAt(60 + 299, true)).status).toBe("down");
    expect(shown(stateWith(...down, recordAt(60 + 300, true)))).toMatchObject({
      status: "up",
      since: timeAt(360),
    });
    expect(stateWith(...down, tried(failure(200)), recordAt(360, true)).status).toBe("down");
    expect(stateWith(...down, tried(failure(200)), recordAt(500, true)).status).toBe("up");
  });

  test("not by a record that was good all the time: only a login shows that logins succeed", () => {
    expect(stateWith(recordAt(0, true), tried(...three), recordAt(3600, true)).status).toBe("down");
  });

  test("and needs three new failures to go down once more", () => {
    const back = [tried(...three), tried(attemptAt(9, "succeeded"))];
    expect(stateWith(...back, tried(failure(10), failure(11))).status).toBe("up");
    expect(stateWith(...back, tried(failure(10), failure(11), failure(12))).status).toBe("down");
  });
});

test("A failure that was not noted while the bank was down counts no more when it comes again after that", () => {
  const [unnoted, success] = [failure(40), attemptAt(40, "succeeded")];
  const back = stateWith(tried(...three), tried(unnoted), tried(success));
  expect(shown(back)).toMatchObject({ status: "up", since: timeAt(40) });
  expect(stateAfter(back, tried(unnoted)).failed).toEqual([]);
});

test("While nothing fails, a job costs a write once in ten minutes, and thousands that meet an outage cost one a minute", () => {
  const known = stateWith(tried(attemptAt(0, "succeeded")));
  expect(stateAfter(known, tried(attemptAt(599, "succeeded")))).toBe(known);
  expect(stateAfter(known, tried(attemptAt(599, "user")))).toBe(known);
  expect(stateAfter(known, tried(attemptAt(600, "succeeded"))).succeededAt).toBe(timeAt(600));
  const down = stateWith(tried(...three));
  expect(stateAfter(down, tried(failure(60)))).toBe(down);
  expect(stateAfter(down, tried(failure(64)))).not.toBe(down);
  expect(stateAfter(down, recordAt(99, true)).version).toBe(down.version + 1);
  expect(stateAfter(down, {})).toBe(down);
});

test("Signs that come again, in batches of any size, change neither the status nor what counts as a failure", () => {
  const sign = fc
    .record({
      seconds: fc.integer({ min: 0, max: 40 }),
      result: fc.constantFrom("succeeded" as const, "institution" as const, "user" as const),
    })
    .map(({ seconds, result }) => attemptAt(seconds, result));
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 12 }), fc.nat(12), fc.nat(12), (all, from, length) => {
      const inOrder = all.toSorted((one, other) => (one.at < other.at ? -1 : 1));
      const once = stateWith(...inOrder.map((one) => tried(one)));
      const repeated = inOrder.slice(0, from + length).slice(from);
      const again = stateWith(
        ...inOrder.map((one) => tried(one)),
        tried(...repeated),
        ...repeated.map((one) => tried(one)),
      );
      expect({ ...shown(again), failed: again.failed }).toEqual({ ...shown(once), failed: once.failed });
    }),
    { numRuns: 2_000 },
  );
});
