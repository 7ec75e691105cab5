import { readFileSync } from "node:fs";
import { ENTRY_METADATA } from "../../../../infra/aws/entry-metadata.ts";
import { deploy } from "../../../../infra/local/template/deployed.ts";
import type { Template } from "../../../../infra/local/template/template.ts";
import { withDefinition } from "../system.ts";

/** As its definition says. */
export const POLLER_LOOKS_EVERY_MS = 2_000;

/** Which of our functions gives its settings to which of the poller's. */
const IN_PLACE_OF: { readonly [entry: string]: { name: string; entry: string } } = {
  "functions/jobs/workflow/open-connection.lambda.ts": {
    name: "Submit",
    entry: "test/verify/bench/poller/submit.ts",
  },
  "functions/jobs/workflow/follow-job.lambda.ts": { name: "Look", entry: "test/verify/bench/poller/look.ts" },
};

/** Our template with the poller for its state machine: API, tables and keys are the same. */
export function pollerTemplate(template: Template): Template {
  let definition = readFileSync(new URL("./definition.asl.json", import.meta.url), "utf8");
  for (const { entry, arn } of deploy(template, { apiUrl: "" }).functions) {
    const name = IN_PLACE_OF[entry]?.name;
    if (name !== undefined) definition = definition.replaceAll(`\${${name}}`, arn);
  }
  const { Resources } = withDefinition(template, definition);
  const replaced = Object.entries(Resources).map(([id, resource]) => {
    const entry = IN_PLACE_OF[String(resource.Metadata[ENTRY_METADATA])]?.entry;
    const Metadata = { ...resource.Metadata, ...(entry !== undefined && { [ENTRY_METADATA]: entry }) };
    return [id, { ...resource, Metadata }];
  });
  return { Resources: Object.fromEntries(replaced) };
}
