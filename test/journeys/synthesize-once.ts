import type { TestProject } from "vitest/node";
import { synthesizeApart } from "../../infra/local/template/template.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** As JSON, with {@link ANY_UPSTREAM} for an upstream. */
    template: string;
  }
}

/** Stands in the template for the address that each start of local mode has for its sandbox. */
export const ANY_UPSTREAM = "http://127.0.0.1:1";

/** Local mode synthesizes at each start, in two seconds. The files of a run share one template. */
export async function setup({ provide }: TestProject): Promise<void> {
  provide(
    "template",
    JSON.stringify(
      await synthesizeApart({ upstreamUrl: ANY_UPSTREAM, consentUiUrl: `${ANY_UPSTREAM}/home` }),
    ),
  );
}
