import { describe, expect, test } from "vitest";
import { target } from "../../journeys/target.ts";
import { TRIPS } from "./client-trips.ts";
import { makeTrip, SENT_ONCE, sentToBank } from "./make-trip.ts";

/** A challenge is open for 30 s: six trips at a time may be slow. */
const reached = target(4);

describe.concurrent("the whole trip", () => {
  test.each(Object.entries(TRIPS))(
    "of %s finds all fields that it reads, and follows every kind of link",
    async (_, steps) => {
      const userId = await makeTrip(reached(), steps);
      expect(await sentToBank(reached(), userId)).toEqual(SENT_ONCE);
    },
  );
});
