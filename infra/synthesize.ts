import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import * as z from "zod";
import { ConnectionJobsStack } from "./aws/connection-jobs-stack.ts";
import { readSettings } from "./aws/settings.ts";

const cdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/**
 * Returns the template that `cdk deploy` would send. Creates no bundles, and leaves no files on disk. Checks it with the
 * rules of CloudFormation only when told to: that takes most of the time of a synthesis. `npm run synth` and `cdk deploy` always do.
 *
 * @throws an `Error` that names the invalid or unknown settings.
 */
export function synthesize(context: Record<string, unknown> = {}, checks = false): unknown {
  const configured = cdkJson.parse(JSON.parse(readFileSync(new URL("../cdk.json", import.meta.url), "utf8")));
  const outdir = mkdtempSync(join(tmpdir(), "connection-jobs-"));
  try {
    const app = new App({
      outdir,
      builtinCloudFormationValidation: checks,
      context: { ...configured.context, ...context, "aws:cdk:bundling-stacks": [] },
    });
    const stack = new ConnectionJobsStack(app, readSettings(app));
    return app.synth().getStackArtifact(stack.artifactId).template;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
