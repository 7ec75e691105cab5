import { expect, test } from "vitest";
import type { OtherEvent } from "../../../../functions/events/domain/event.ts";
import type { EndedAttempt } from "../../../../functions/institutions/domain/attempt.ts";
import type { InstitutionStates } from "../../../../functions/institutions/domain/ports.ts";
import { type InstitutionState, unknownState } from "../../../../functions/institutions/domain/state.ts";
import { countAttempts } from "../../../../functions/institutions/use-cases/count-attempts.ts";
import { observeInstitution } from "../../../../functions/institutions/use-cases/observe-institution.ts";
import { attemptAt, BANK, timeAt } from "./attempts.ts";

/** A store in memory, and a function that may die at any of its calls. */
function world() {
  const rows = new Map<string, InstitutionState>();
  const announced = new Map<string, OtherEvent>();
  const counted: string[] = [];
  const notCounted: unknown[] = [];
  let callsLeft = Number.POSITIVE_INFINITY;
  const call = async <Result>(work: () => Result): Promise<Result> => {
    if (callsLeft-- <= 0) throw new Error("died");
    return work();
  };
  const states: InstitutionStates = {
    find: (id) => call(() => rows.get(id) ?? unknownState(id)),
    write: (after, before) =>
      call(() => {
        if ((rows.get(after.institutionId)?.version ?? 0) !== before.version) return false;
        rows.set(after.institutionId, after);
        return true;
      }),
  };
  return {
    announced,
    counted,
    notCounted,
    dieAfter(calls: number) {
      callsLeft = calls;
    },
    deps: {
      states,
      announce: (event: OtherEvent) => call(() => void announced.set(event.id, event)),
      traffic: {
        count: (id: string, minute: string, attempts: readonly EndedAttempt[]) =>
          call(() => void counted.push(`${id} ${minute} ${attempts.length}`)),
      },
      onCounted: () => undefined,
      onNotCounted: (error: unknown) => void notCounted.push(error),
    },
    types: () => [...announced.values()].map(({ entity, eventType }) => `${entity}.${eventType}`),
  };
}

const OUTAGE = [1, 2, 3].map((seconds) => attemptAt(seconds, "institution"));
const SUCCESS = attemptAt(9, "succeeded");

test("A change of the status is announced once: of no user, with the address of the health", async () => {
  const { deps, announced, types } = world();
  for (const attempts of [OUTAGE, OUTAGE, [SUCCESS], [SUCCESS], OUTAGE]) {
    await observeInstitution(deps, BANK, { attempts });
  }
  expect(types()).toEqual(["institution.down", "institution.up"]);
  for (const { userId, path } of announced.values()) {
    expect([userId, path]).toEqual([undefined, `/institutions/${BANK}/health`]);
  }
});

test("A function that dies at any call loses no announcement, even if the status has changed back when the next one looks", async () => {
  for (let calls = 0; calls < 8; calls++) {
    for (const repeats of [true, false]) {
      const { deps, dieAfter, types } = world();
      dieAfter(calls);
      const outcome = await observeInstitution(deps, BANK, { attempts: OUTAGE }).catch(() => "died");
      dieAfter(Number.POSITIVE_INFINITY);
      // The stream delivers the batch again, unless it was the last call that failed.
      if (repeats || calls < 2) await observeInstitution(deps, BANK, { attempts: OUTAGE });
      const state = await observeInstitution(deps, BANK, { attempts: [SUCCESS] });
      expect([calls, outcome === "died", types()]).toEqual([
        calls,
        calls < 5,
        ["institution.down", "institution.up"],
      ]);
      expect(state.unannounced).toEqual([]);
    }
  }
});

test("Functions that observe an institution at once lose none of the signs", async () => {
  const { deps, types } = world();
  await Promise.all(OUTAGE.map((one) => observeInstitution(deps, BANK, { attempts: [one] })));
  expect(types()).toEqual(["institution.down"]);
});

test("Attempts are counted in one write for each bank and minute", async () => {
  const { deps, counted } = world();
  const other = attemptAt(1, "user", { institutionId: "AU00001" });
  await countAttempts(deps, [...OUTAGE, other, attemptAt(61, "succeeded")]);
  const [first, second] = [timeAt(0).slice(0, 16), timeAt(60).slice(0, 16)];
  expect(counted.toSorted()).toEqual([`${BANK} ${first} 3`, `${BANK} ${second} 1`, `AU00001 ${first} 1`]);
});

test("Counts that fail are reported, and stop neither the events nor another bank", async () => {
  const { deps, counted, notCounted } = world();
  const count: typeof deps.traffic.count = async (id, ...rest) =>
    id === BANK ? Promise.reject(new Error("down")) : deps.traffic.count(id, ...rest);
  await countAttempts({ ...deps, traffic: { count } }, [
    ...OUTAGE,
    attemptAt(1, "user", { institutionId: "AU00001" }),
  ]);
  expect([counted.length, notCounted.length]).toEqual([1, 1]);
});
