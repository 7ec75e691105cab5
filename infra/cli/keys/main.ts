import { runKeys } from "./run-keys.ts";

// The package holds its version of the AWS SDK, which runs on Node.js 20. The SDK would print eight lines about later versions.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

const { code, stdout, stderr } = await runKeys(process.argv.slice(2), process.env);
process.stderr.write(stderr);
process.stdout.write(stdout);
process.exitCode = code;
