import { runKeys } from "./run-keys.ts";

const { code, stdout, stderr } = await runKeys(process.argv.slice(2), process.env);
process.stderr.write(stderr);
process.stdout.write(stdout);
process.exitCode = code;
