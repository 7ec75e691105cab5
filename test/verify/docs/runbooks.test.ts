import { describe, expect, test } from "vitest";
import * as z from "zod";
import { OUTCOMES } from "../../../functions/jobs/domain/failures.ts";
import { METRICS } from "../../../functions/jobs/domain/metrics.ts";
import { RUNBOOKS_PAGE, textOf } from "../../docs/pages.ts";
import { ofType, withoutHash } from "../../infra/resources.ts";
import { synthesizedResources, synthesizedTemplate } from "../../infra/synthesized.ts";
import { sectionsOf } from "../emulator/runbooks.ts";

const page = textOf(RUNBOOKS_PAGE);
const resources = synthesizedResources();
const outputs = z.object({ Outputs: z.record(z.string(), z.unknown()) }).parse(synthesizedTemplate()).Outputs;
const logGroups = ofType(resources, "AWS::Logs::LogGroup").map(([id]) => id);

/** The keys of the interface `Lines`. Types are gone when tests run. */
const [, lines = ""] =
  /interface Lines \{\n(.+?)\n\}/s.exec(textOf("functions/platform/log-fields.ts")) ?? [];
const messages = [...lines.matchAll(/^ {2}"?([a-z ]+)"?: /gm)].map(([, message = ""]) => message);
/** What Lambda itself writes about a function that crashed. */
const OF_LAMBDA = ["Task timed out", "Runtime"];

const alarms = ofType(resources, "AWS::CloudWatch::Alarm").map(([id, { Properties }]) => ({
  name: withoutHash(id).replace(/^Alarms/, ""),
  description: String(Properties["AlarmDescription"]),
}));

test("Each alarm has one section, and each section is that of an alarm", () => {
  const named = sectionsOf(page).flatMap(({ alarms }) => alarms);
  expect(named.toSorted()).toEqual(alarms.map(({ name }) => name).toSorted());
});

test.each(sectionsOf(page).map((section) => [section.alarms.join(", "), section] as const))(
  "The section %s says what users see, where to look, what to do, and when it is over",
  (_, { text }) => {
    const items = [...text.matchAll(/^- \*\*(Users s[ae][we]|Look|Do|Over)\b/gm)].map(([, item]) => item);
    expect(items.map((item) => item?.replace("saw", "see"))).toEqual(["Users see", "Look", "Do", "Over"]);
  },
);

describe("what the commands name exists", () => {
  const found = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, ...groups]) => groups);

  test("log groups and what is searched there", () => {
    const searched = found(/^(?:MINUTES=\d+ )?lines (\w+) "?([^"\n]+)"?$/gm);
    expect(searched.length).toBeGreaterThan(20);
    const texts = [...messages, ...Object.keys(METRICS), ...OF_LAMBDA.map((text) => `${text}.`)];
    for (const [group = "", words = ""] of searched) {
      expect(
        logGroups.filter((id) => id.includes(group)),
        group,
      ).not.toEqual([]);
      expect(
        texts.filter((text) => text.includes(words)),
        words,
      ).not.toEqual([]);
    }
  });

  test("parts of the stack, each of them one", () => {
    for (const [type, part = ""] of found(/\$\(part (\w+::\w+) (\w+)\)/g).filter(
      ([type]) => type !== "Logs::LogGroup",
    )) {
      expect(
        ofType(resources, `AWS::${type}`).filter(([id]) => id.includes(part)),
        part,
      ).toHaveLength(1);
    }
  });

  test("outputs of the stack", () => {
    const named = found(/\$\(output (\w+)\)/g).flat();
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => name === undefined || !(name in outputs))).toEqual([]);
  });

  test("what the descriptions of the alarms quote", () => {
    const known = [...messages, ...OUTCOMES, ...OF_LAMBDA, "error", "service-unavailable"];
    const quoted = alarms.flatMap(({ description }) => [...description.matchAll(/'([\w -]+)'/g)]);
    expect(quoted.length).toBeGreaterThan(20);
    expect(quoted.map(([, text = ""]) => text).filter((text) => !known.includes(text))).toEqual([]);
  });
});
