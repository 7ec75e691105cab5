import { expect, test } from "vitest";
import { writtenExamples } from "../../../docs/openapi-document.ts";
import { runExamples } from "../../../docs/run-examples.ts";
import { lastingExamples } from "../../../docs/stable-examples.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";

const system = localSystem(10);

test("The examples of docs/openapi.json are the bodies that a run sends and receives", async () => {
  const examples = await runExamples(targetOf(system()));
  expect(lastingExamples(examples)).toEqual(lastingExamples(writtenExamples()));
  expect(Object.keys(examples.replies)).toEqual(Object.keys(writtenExamples().replies));
});
