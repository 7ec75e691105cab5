import { runUpstreamWebhooks } from "./run-upstream-webhooks.ts";

const { code, stdout, stderr } = await runUpstreamWebhooks(process.argv.slice(2), process.env);
process.stderr.write(stderr);
process.stdout.write(stdout);
process.exitCode = code;
