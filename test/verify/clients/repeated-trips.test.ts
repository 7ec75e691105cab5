import { describe, expect, test } from "vitest";
import { target } from "../../journeys/target.ts";
import { TRIPS } from "./client-trips.ts";
import { makeTrip, REPEATING, SENT_ONCE, sentToBank } from "./make-trip.ts";

const reached = target();

describe.concurrent.each(Object.entries(TRIPS))("the trip of %s", (_, steps) => {
  test.each(Object.entries(REPEATING))("%s sends each login and answer once", async (_mode, mode) => {
    const userId = await makeTrip(reached(), steps, mode);
    expect(await sentToBank(reached(), userId)).toEqual(SENT_ONCE);
  });
});
