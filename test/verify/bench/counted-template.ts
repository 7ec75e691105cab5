import { deploy } from "../../../infra/local/template/deployed.ts";
import { resourcesOf, type Template } from "../../../infra/local/template/template.ts";

/** Nothing runs beside what is counted. */
export function withoutSchedules({ Resources }: Template): Template {
  const kept = Object.entries(Resources).filter(([, { Type }]) => Type !== "AWS::Events::Rule");
  return { Resources: Object.fromEntries(kept) };
}

/** The state machine's definition, its functions named as in local mode. */
export function definitionIn(template: Template): object {
  const [machine] = deploy(template, { apiUrl: "" }).stateMachines;
  if (typeof machine?.definition !== "object" || machine.definition === null) {
    throw new Error("The template has no state machine.");
  }
  return machine.definition;
}

/** Our template with another definition for its state machine. */
export function withDefinition(template: Template, definition: string): Template {
  const replaced = resourcesOf(template, "AWS::StepFunctions::StateMachine").map(([id, resource]) => [
    id,
    { ...resource, Properties: { ...resource.Properties, DefinitionString: definition } },
  ]);
  return { Resources: { ...template.Resources, ...Object.fromEntries(replaced) } };
}
