import { AVIATO, HOOLI, LOGINS } from "../journeys/logins.ts";
import { isQueued, type PatientClient } from "./patient-client.ts";
import { ASKED, answer, create, createPlain, PLAIN, untilOver } from "./playing.ts";
import type { Act, Scenario } from "./scenario.ts";
import type { UpstreamSide } from "./upstream-side.ts";

const isUp =
  (id: string): Act["before"] =>
  (upstream) =>
    upstream.institution(id, { status: "operational" });

/** A bank goes down, and the jobs that meet it wait. */
function queuedAt(id: string, begin: (client: PatientClient) => Promise<string>): Act {
  return {
    before: (upstream) => upstream.institution(id, { status: "major-outage", outage: "refuse" }),
    play: async (client) => void (await client.until(await begin(client), isQueued)),
  };
}

const createAtAviato = (client: PatientClient) => create(client, AVIATO, LOGINS.gavin);

export const isSince = (first: string) => (effect: string, earlier: readonly string[]) =>
  [...earlier, effect].includes(first) && !effect.startsWith("sweep ");

export const RESUMED: Scenario = {
  acts: [
    queuedAt(AVIATO, createAtAviato),
    {
      before: backUp(AVIATO),
      async play(client) {
        await client.send("POST", `/jobs/${client.newest()}/resume`);
        await answer(client, ["confirmed"]);
        await untilOver(client);
      },
    },
  ],
  ends: ASKED,
  aims: isSince("resume-job PutItem job accepted"),
};

export const CANCELLED_IN_QUEUE: Scenario = {
  acts: [
    queuedAt(AVIATO, createAtAviato),
    {
      before: backUp(AVIATO),
      async play(client) {
        await client.send("DELETE", `/jobs/${client.newest()}`);
        await untilOver(client);
      },
    },
  ],
  ends: ["verify-credentials failed", ...ASKED.slice(1).map((end) => end.replace("success", "pending"))],
  aims: (effect) => effect.startsWith("cancel-job "),
};

export const QUEUED: Scenario = {
  acts: [queuedAt(HOOLI, createPlain), { before: backUp(HOOLI), play: untilOver }],
  ends: PLAIN,
  aims: (effect) => effect.startsWith("open-connection "),
};
