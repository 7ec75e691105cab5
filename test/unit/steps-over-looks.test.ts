import fc from "fast-check";
import { expect, test } from "vitest";
import type { Authorization } from "../../functions/jobs/domain/institution.ts";
import {
  initialSteps,
  isOver,
  mergeSteps,
  type Step,
  type StepStatus,
  settleUnlisted,
} from "../../functions/jobs/domain/steps.ts";

const RANKS: { [status in StepStatus]: number } = {
  pending: 0,
  "in-progress": 1,
  success: 2,
  failed: 2,
  skipped: 2,
};

const titles = [
  "verify-credentials",
  "mfa-challenge",
  "retrieve-accounts",
  "retrieve-transactions",
  "retrieve-statements",
] as const;

const error = fc.record({ code: fc.string(), title: fc.string(), detail: fc.string() });
const link = fc.record({ type: fc.constant("link" as const), url: fc.string() });
const step: fc.Arbitrary<Step> = fc.record({
  title: fc.constantFrom(...titles),
  status: fc.constantFrom<StepStatus>("pending", "in-progress", "success", "failed", "skipped"),
  result: fc.oneof(fc.constant(null), error, link),
});
/** Looks that go back, forget steps, double them and change their order: upstream owes us nothing. */
const looks = fc.array(fc.array(step, { maxLength: 7 }), { maxLength: 12 });
const authorization = fc.constantFrom<Authorization>("user", "token", "user-mfa", "user-mfa-intermittent");

const afterLook = (ours: readonly Step[], seen: readonly Step[]) =>
  settleUnlisted(mergeSteps(ours, seen), seen);

/** Checks a claim on every pair of what we showed before a look and after it. */
function holds(claim: (before: readonly Step[], seen: readonly Step[], after: readonly Step[]) => void) {
  fc.assert(
    fc.property(authorization, looks, (kind, sequence) => {
      let ours = initialSteps(kind);
      for (const seen of sequence) {
        const after = afterLook(ours, seen);
        claim(ours, seen, after);
        ours = after;
      }
    }),
    { numRuns: 300 },
  );
}

const find = (steps: readonly Step[], title: string) => steps.find((each) => each.title === title);
const titlesOf = (steps: readonly Step[]) => steps.map(({ title }) => title);

test("a step never goes back", () => {
  holds((before, _, after) => {
    for (const { title, status } of before) {
      expect(RANKS[find(after, title)?.status ?? "pending"]).toBeGreaterThanOrEqual(RANKS[status]);
    }
  });
});

test("a step that is over never changes", () => {
  holds((before, _, after) => {
    for (const each of before.filter(({ status }) => isOver(status))) {
      expect(find(after, each.title)).toEqual(each);
    }
  });
});

test("no step that was shown is lost, and none is shown twice", () => {
  holds((before, seen, after) => {
    expect(new Set(titlesOf(after))).toEqual(new Set([...titlesOf(before), ...titlesOf(seen)]));
    expect(after).toHaveLength(new Set(titlesOf(after)).size);
  });
});

test("the steps that upstream lists are in upstream's order", () => {
  holds((_, seen, after) => {
    const listed = new Set(titlesOf(seen));
    expect(titlesOf(after).filter((title) => listed.has(title))).toEqual([...listed]);
  });
});

test("the steps that upstream does not list are in our order", () => {
  holds((before, seen, after) => {
    const isUnlisted = (title: string) => !titlesOf(seen).includes(title);
    expect(titlesOf(after).filter(isUnlisted)).toEqual(titlesOf(before).filter(isUnlisted));
  });
});

test("the same look a second time changes nothing", () => {
  holds((_, seen, after) => {
    expect(afterLook(after, seen)).toEqual(after);
  });
});
