import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseTemplate, resourcesOf, synthesizeApart, type Template } from "../local/template/template.ts";

/** The templates that test systems run: of deployments without and with webhooks of the aggregator. */
const CONTEXTS = {
  plain: {},
  withUpstreamWebhooks: { upstreamVersion: "3.0", upstreamWebhookSecret: "upstream-webhook" },
} as const;

export type TemplateKind = keyof typeof CONTEXTS;

/** Stands in the templates for the address of the sandbox, which is another one for each system. */
const ANY_UPSTREAM = "http://127.0.0.1:1";

function synthesizeKind(kind: TemplateKind): Promise<Template> {
  const consentUiUrl = `${ANY_UPSTREAM}/home`;
  return synthesizeApart({ upstreamUrl: ANY_UPSTREAM, consentUiUrl, ...CONTEXTS[kind] });
}

/** Returns the content of the package's file of templates. */
export async function synthesizeTemplates(): Promise<{ [kind in TemplateKind]: unknown }> {
  return {
    plain: await synthesizeKind("plain"),
    withUpstreamWebhooks: await synthesizeKind("withUpstreamWebhooks"),
  };
}

/** Reads a template from the file of the package. In the repository, where the file is missing, synthesizes it. */
export async function loadTemplate(file: URL, kind: TemplateKind): Promise<unknown> {
  const path = fileURLToPath(file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8"))[kind] : synthesizeKind(kind);
}

/** Variables of functions, by their names. */
export type Variables = { readonly [name: string]: string };

/**
 * Returns the template for the sandbox's address, with other values of variables. These are the variables of settings that change
 * nothing else in the template. A function that does not have a variable does not get it.
 */
export function templateWith(template: unknown, upstreamUrl: string, variables: Variables): Template {
  const parsed = parseTemplate(JSON.parse(JSON.stringify(template).replaceAll(ANY_UPSTREAM, upstreamUrl)));
  for (const [, { Properties }] of resourcesOf(parsed, "AWS::Lambda::Function")) {
    const environment = Object(Properties["Environment"]);
    for (const [name, value] of Object.entries(variables)) {
      if (name in Object(environment.Variables)) environment.Variables[name] = value;
    }
  }
  return parsed;
}
