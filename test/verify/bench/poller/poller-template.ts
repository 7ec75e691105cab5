import { readFileSync } from "node:fs";
import { ENTRY_METADATA } from "../../../../infra/aws/entry-metadata.ts";
import { deploy } from "../../../../infra/local/template/deployed.ts";
import type { Template, TemplateResource } from "../../../../infra/local/template/template.ts";

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
  const { functions } = deploy(template, { apiUrl: "" });
  let definition = readFileSync(new URL("./definition.asl.json", import.meta.url), "utf8");
  for (const { entry, arn } of functions) {
    const name = IN_PLACE_OF[entry]?.name;
    if (name !== undefined) definition = definition.replaceAll(`\${${name}}`, arn);
  }
  const replaced = Object.entries(template.Resources).map(([id, resource]) => [
    id,
    replace(resource, definition),
  ]);
  return { Resources: Object.fromEntries(replaced) };
}

function replace(resource: TemplateResource, definition: string): TemplateResource {
  if (resource.Type === "AWS::StepFunctions::StateMachine") {
    return { ...resource, Properties: { ...resource.Properties, DefinitionString: definition } };
  }
  const entry = IN_PLACE_OF[String(resource.Metadata[ENTRY_METADATA])]?.entry;
  if (entry === undefined) return resource;
  return { ...resource, Metadata: { ...resource.Metadata, [ENTRY_METADATA]: entry } };
}
