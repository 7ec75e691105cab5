import { describe, expect, test } from "vitest";
import { DIAGRAM_COMMAND, DIAGRAM_FILE, diagrams, writtenDiagrams } from "../../docs/generate-diagrams.ts";
import { PHASES } from "../../functions/jobs/domain/job.ts";
import { TRANSITIONS } from "../../functions/jobs/domain/transitions.ts";
import { deployedWorkflow } from "./deployed-workflow.ts";

const generated = diagrams();
const { States } = deployedWorkflow().definition;

test("the diagrams in the docs are what the code says", () => {
  expect(writtenDiagrams(), `${DIAGRAM_FILE} is out of date: run \`${DIAGRAM_COMMAND}\`.`).toBe(generated);
});

const events = Object.entries(TRANSITIONS).map(([event, { from, to }]) => ({ event, from, to }));
const drawn = events.filter(({ to }) => to !== "unchanged");
const said = events.filter(({ to }) => to === "unchanged");

describe("the generated diagrams", () => {
  const edges = generated.split("\n").filter((line) => line.includes("-->"));

  test("name every state of the workflow and every event and phase of a job", () => {
    for (const name of Object.keys(States)) {
      expect(generated).toContain(`state "${name}" as `);
    }
    for (const { event, from, to } of drawn) {
      expect(edges.filter((edge) => edge.endsWith(`: ${event}`))).toHaveLength(from.length);
      for (const phase of [...from, to]) expect(generated).toContain(`state "${phase}" as `);
    }
  });

  test("say of an event that leaves the phase as it is in which ones it may come", () => {
    expect(said.map(({ event }) => event)).toEqual(["restarted"]);
    for (const { event, from } of said) {
      const sentence = generated.split("\n").find((line) => line.startsWith(`Not drawn: \`${event}\``)) ?? "";
      for (const phase of PHASES) {
        const isNamed = sentence.split(/[ ,.:]+/).includes(phase);
        expect([phase, isNamed]).toEqual([phase, from.some((each) => each === phase)]);
      }
    }
    expect(generated).not.toContain("unchanged");
  });

  test("have words for every branch of the Choice", () => {
    const from = edges.filter((edge) => edge.trim().startsWith("what_did_the_bank_say -->"));
    expect(from.map((edge) => edge.split(": ")[1])).toEqual([
      "nothing said",
      "done",
      "ask",
      "no time said",
      "hold",
      "else",
    ]);
  });

  test("draw every way of the workflow and every event of a job once", () => {
    const ways = Object.values(States).map(
      ({ Next, Default, Choices, Catch }) => [Next, Default, ...Choices, ...Catch].filter(Boolean).length,
    );
    const events = drawn.map(({ from }) => from.length);
    const starts = 2;
    const queue = 1;
    const ends = 4;
    const all = [...ways, ...events].reduce((sum, count) => sum + count, starts + queue + ends);
    expect(edges).toHaveLength(all);
    expect(new Set(edges).size).toBe(all);
  });
});
