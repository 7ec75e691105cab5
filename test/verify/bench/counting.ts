import { afterAll, beforeAll, inject } from "vitest";
import { LOOK_EVERY_MS } from "../../../functions/jobs/domain/following.ts";
import { parseTemplate, type Template } from "../../../infra/local/template/template.ts";
import { ANY_UPSTREAM } from "../../journeys/synthesize-once.ts";
import { type CountedSystem, startCounted } from "./counted-system.ts";
import { startPacedBank } from "./paced-bank.ts";

/** Six looks take 1.5 s, and a slice, which they must not exceed, 3 s. */
const TIME_SCALE = 4;

/** The template that the files of a run share. */
export const sharedTemplate = async ({ upstreamUrl }: { upstreamUrl: string }): Promise<Template> =>
  parseTemplate(JSON.parse(inject("template").replaceAll(ANY_UPSTREAM, upstreamUrl)));

/** A system to count in, with the shared template: as it is, or turned into another. */
export function counting({ beforeFirstLookMs = 0, turn = (template: Template) => template } = {}) {
  let system: CountedSystem | undefined;

  beforeAll(async () => {
    const bank = await startPacedBank({ betweenLooksMs: LOOK_EVERY_MS, beforeFirstLookMs });
    system = await startCounted({
      timeScale: TIME_SCALE,
      bank,
      synthesize: async (context) => turn(await sharedTemplate(context)),
    });
  });
  afterAll(() => system?.close());

  return () => {
    if (system === undefined) throw new Error("Local mode has not started.");
    return system;
  };
}
