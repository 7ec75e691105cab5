import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { target } from "../../journeys/target.ts";
import { isNightly, partOf } from "../support/nightly.ts";
import { TRIPS } from "./client-trips.ts";
import { makeTrip, REPEATING, SENT_ONCE, sentToBank } from "./make-trip.ts";

const reached = target();

/** Without `NIGHTLY=1`, a third of them. */
const trips = partOf(Object.entries(TRIPS), {
  parts: isNightly ? 1 : 3,
  seed: randomUUID(),
  nameOf: ([name]) => name,
});

describe.concurrent.each(trips)("the trip of %s", (_, steps) => {
  test.each(Object.entries(REPEATING))("%s sends each login and answer once", async (_mode, mode) => {
    const userId = await makeTrip(reached(), steps, mode);
    expect(await sentToBank(reached(), userId)).toEqual(SENT_ONCE);
  });
});
