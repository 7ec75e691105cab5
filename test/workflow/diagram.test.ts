import { describe, expect, test } from "vitest";
import { DIAGRAM_COMMAND, DIAGRAM_FILE, diagrams, writtenDiagrams } from "../../docs/generate-diagrams.ts";
import { TRANSITIONS } from "../../functions/domain/transitions.ts";
import { deployedWorkflow } from "./deployed-workflow.ts";

const generated = diagrams();
const { States } = deployedWorkflow().definition;

test("the diagrams in the docs are what the code says", () => {
  expect(writtenDiagrams(), `${DIAGRAM_FILE} is out of date: run \`${DIAGRAM_COMMAND}\`.`).toBe(generated);
});

describe("the generated diagrams", () => {
  const edges = generated.split("\n").filter((line) => line.includes("-->"));

  test("name every state of the workflow and every event and phase of a job", () => {
    for (const name of Object.keys(States)) {
      expect(generated).toContain(`state "${name}" as `);
    }
    for (const [event, { from, to }] of Object.entries(TRANSITIONS)) {
      expect(edges.filter((edge) => edge.endsWith(`: ${event}`))).toHaveLength(from.length);
      for (const phase of [...from, to]) expect(generated).toContain(`state "${phase}" as `);
    }
  });

  test("draw every way of the workflow and every event of a job once", () => {
    const ways = Object.values(States).map(
      ({ Next, Default, Choices, Catch }) => [Next, Default, ...Choices, ...Catch].filter(Boolean).length,
    );
    const events = Object.values(TRANSITIONS).map(({ from }) => from.length);
    const starts = 2;
    const queue = 1;
    const ends = 4;
    const drawn = [...ways, ...events].reduce((sum, count) => sum + count, starts + queue + ends);
    expect(edges).toHaveLength(drawn);
    expect(new Set(edges).size).toBe(drawn);
  });
});
