import { expect, test } from "vitest";
import { LIMITED, wrongWithReach } from "./reach.ts";

const USUAL: [status: number, count: number][] = [
  [200, 80],
  [202, 7],
  [400, 430],
  [401, 105],
  [404, 294],
  [409, 54],
  [413, 10],
  [415, 20],
];

test("requests that get as far as usual are well", () => {
  expect(wrongWithReach(new Map(USUAL), 1_000)).toEqual([]);
});

test.each(USUAL.filter(([status]) => status !== 401))(
  "without a %i they do not get far enough",
  (status, count) => {
    const statuses = new Map(USUAL).set(429, count);
    statuses.delete(status);
    expect(wrongWithReach(statuses, 1_000)).toEqual([`too few ${status}: 0 of 1000`]);
  },
);

test("they are not all to be stopped at the door", () => {
  const found = wrongWithReach(
    new Map([
      [401, 810],
      [400, 190],
    ]),
    1_000,
  );
  expect(found).toContain("too many 401: 810 of 1000");
  expect(found).toContain("too few 404: 0 of 1000");
});

test("each is to be answered", () => {
  expect(wrongWithReach(new Map(USUAL), 1_001)).toEqual(["1000 of 1001 were answered"]);
});

test("those of the rate limit need not be looked at", () => {
  const statuses = new Map(USUAL).set(429, 61);
  for (const status of LIMITED) statuses.delete(status);
  expect(wrongWithReach(statuses, 1_000)).toHaveLength(2);
  expect(wrongWithReach(statuses, 1_000, LIMITED)).toEqual([]);
});
