import { expect, test } from "vitest";
import { isNightly } from "../support/nightly.ts";
import { endsIn, liveOut, NOTHING_BROKEN } from "./judged.ts";
import type { Service } from "./runs.ts";
import { START_MS } from "./world.ts";

const MINUTE_MS = 60_000;
const USERS = isNightly ? 500 : 100;
const WITHIN_MS = 20 * MINUTE_MS;
/** Ten minutes, in the middle of the jobs. */
const AWAY = { from: START_MS + 5 * MINUTE_MS, until: START_MS + 15 * MINUTE_MS };
const isAway = (at: number) => at >= AWAY.from && at < AWAY.until;

test.each<Service>(["DynamoDB", "KMS", "Step Functions"])(
  "No job is lost, doubled, stuck or leaked while %s is away for ten minutes",
  async (service) => {
    let failed = 0;
    const { ends, ...broken } = await liveOut(
      {
        seed: 20,
        harm({ services, at }) {
          if (!services.includes(service) || !isAway(at)) return undefined;
          failed++;
          return "the call fails before it has its effect";
        },
        // Running executions stand still, too.
        standsStillUntil: (at) => (service === "Step Functions" && isAway(at) ? AWAY.until : 0),
      },
      USERS,
      WITHIN_MS,
    );
    process.stdout.write(`${service}: ${failed} calls failed\n  ${endsIn({ ends }).join("\n  ")}\n`);
    expect(broken).toEqual(NOTHING_BROKEN);
    expect(failed).toBeGreaterThan(100);
  },
);
