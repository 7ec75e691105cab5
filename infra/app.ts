import { App } from "aws-cdk-lib";
import { BUNDLING_STACKS } from "aws-cdk-lib/cx-api";
import { ConnectionJobsStack } from "./aws/connection-jobs-stack.ts";
import { readSettings, type Settings } from "./aws/settings.ts";
import { bundleEntries } from "./bundling/bundle-entries.ts";
import { addChecks } from "./checks.ts";

const app = new App();
const settings = settingsOrExit();
// CDK commands that only read the stack, such as `list`, need no bundles. They set this context value to an empty list.
const wanted: unknown = app.node.tryGetContext(BUNDLING_STACKS);
if (!Array.isArray(wanted) || wanted.length > 0) {
  await bundleEntries();
  addChecks(app);
}
new ConnectionJobsStack(app, settings);

/** A wrong setting ends the program with one line, without the stack that Node prints for an error. */
function settingsOrExit(): Settings {
  try {
    return readSettings(app);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : "The settings cannot be read."}\n`);
    process.exit(1);
  }
}
