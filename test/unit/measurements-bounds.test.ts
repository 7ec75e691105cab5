import fc from "fast-check";
import { expect, test } from "vitest";
import { UpstreamRefused } from "../../functions/jobs/domain/errors.ts";
import { OUTCOMES } from "../../functions/jobs/domain/failures.ts";
import { PHASES } from "../../functions/jobs/domain/job.ts";
import { measureChange, measureFailedCall } from "../../functions/jobs/domain/measurements.ts";
import {
  MEASURED_STEPS,
  METRICS,
  type Measurement,
  type MetricKind,
  UPSTREAM_CALLS,
} from "../../functions/jobs/domain/metrics.ts";
import { STEP_STATUSES, STEP_TITLES } from "../../functions/jobs/domain/steps.ts";
import { isLegal, TRANSITIONS, transition } from "../../functions/jobs/domain/transitions.ts";
import { START } from "../support/fake-clock.ts";
import { jobOf } from "../support/job-examples.ts";

const text = fc.oneof(
  fc.string(),
  fc.constantFrom("invalid-credentials", "maintenance", "mfa-expired", "__proto__"),
);
const problem = fc.record({ code: text, title: text, detail: text });
const step = fc.record({
  title: fc.oneof(fc.string(), fc.constantFrom(...STEP_TITLES)),
  status: fc.constantFrom(...STEP_STATUSES),
  result: fc.option(problem),
});
const steps = fc.array(step, { maxLength: 6 });
const institutionId = fc.oneof(fc.string(), fc.emailAddress(), fc.constant("AU00000"));
const job = fc.record({
  institutionId,
  phase: fc.constantFrom(...PHASES),
  upstreamJobId: fc.option(fc.string(), { nil: undefined }),
  stepSince: fc.constantFrom(START, undefined),
  steps,
});
const events: (keyof typeof TRANSITIONS)[] = [];
for (const event of Object.keys(TRANSITIONS)) if (isEvent(event)) events.push(event);

function isEvent(name: string): name is keyof typeof TRANSITIONS {
  return Object.hasOwn(TRANSITIONS, name);
}

const ALLOWED = { Outcome: OUTCOMES, Step: MEASURED_STEPS, Call: UPSTREAM_CALLS };
const bounded: { [by: string]: (is: string) => boolean } = {
  Institution: (is) => /^[\w-]{1,64}$/.test(is),
  ...Object.fromEntries(
    Object.entries(ALLOWED).map(([by, values]) => [by, (is: string) => values.some((value) => value === is)]),
  ),
};

/** As the list has it: its unit, its dimension, and a value of that which the list allows. */
function isOfTheList({ name, unit, value, by, is }: Measurement): boolean {
  const kind: MetricKind = METRICS[name];
  const isAllowed = by === undefined ? is === undefined : bounded[by]?.(is ?? "") === true;
  return kind.unit === unit && kind.by === by && isAllowed && value >= 0;
}

test("every event of every job is measured by the list of metrics, whatever upstream shows", () => {
  let measurements = 0;
  fc.assert(
    fc.property(job, fc.constantFrom(...events), steps, fc.nat(1e9), (row, event, after, laterMs) => {
      fc.pre(isLegal(event, row.phase));
      const before = jobOf(row);
      const changed = transition(
        before,
        { event, changes: { steps: after } },
        new Date(Date.parse(START) + laterMs),
      );
      const measured = [...measureChange(before, event, changed)];
      measurements += measured.length;
      expect(measured.filter((each) => !isOfTheList(each))).toEqual([]);
      const values = new Map(measured.map(({ by, is }) => [by, is]));
      for (const { by, is } of measured)
        expect(values.get(by), "one value of a dimension in a line").toBe(is);
    }),
    { numRuns: 500 },
  );
  expect(measurements).toBeGreaterThan(100);
});

test("every refusal of upstream is measured by the list of metrics, in whatever words", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...UPSTREAM_CALLS),
      fc.nat(),
      problem,
      institutionId,
      (call, status, words, id) => {
        const measured = [...measureFailedCall(call, new UpstreamRefused(status, words), id)];
        expect(measured.length).toBeGreaterThan(0);
        expect(measured.filter((each) => !isOfTheList(each))).toEqual([]);
      },
    ),
  );
});
