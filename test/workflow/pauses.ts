import * as z from "zod";
import type { Definition } from "./definition.ts";
import { ASK, FOLLOW, GIVE_UP, HOLD, OPEN, SEND, WAIT } from "./scenario.ts";

const STATE_OF = new Map<string, string>([
  ["open-connection", OPEN],
  ["follow-job", FOLLOW],
  ["ask-for-answer", ASK],
  ["send-answer", SEND],
  ["give-up", GIVE_UP],
]);

/** The Wait that a function's word leads to. */
const WAIT_FOR = new Map<unknown, string>([
  ["hold", HOLD],
  ["wait", WAIT],
]);

const said = z.object({ next: z.string().optional(), waitSeconds: z.number().default(0) });

/** How long a workflow waits after its functions have run, by its definition. */
export function pausesOf({ States }: Definition) {
  const used = new Map<string, number>();

  return {
    msAfterResult(result: unknown): number {
      // A Retrier counts for a stay in its state, which is over now.
      used.clear();
      const { next, waitSeconds } = said.parse(result);
      const wait = States[WAIT_FOR.get(next) ?? ""];
      if (wait === undefined) return 0;
      return (typeof wait["Seconds"] === "number" ? wait["Seconds"] : waitSeconds) * 1000;
    },

    msAfterError(entry: string, errorName: string): number {
      const { Retry = [] } = States[STATE_OF.get(entry) ?? ""] ?? {};
      const index = Retry.findIndex(({ ErrorEquals }) => ErrorEquals.includes(errorName));
      const rule = Retry[index];
      if (rule === undefined) return 0;
      const count = used.get(`${entry} ${index}`) ?? 0;
      used.set(`${entry} ${index}`, count + 1);
      const seconds = rule.IntervalSeconds * rule.BackoffRate ** count;
      return Math.min(seconds, rule.MaxDelaySeconds ?? seconds) * 1000;
    },
  };
}
