import { delimiter, join } from "node:path";
import { PROJECT_ROOT } from "./folders.ts";
import type { Environment } from "./programs.ts";

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|localhost):\d+$/;
/** All that programs see of the machine: none of its AWS variables, and with another home none of its profiles. */
const OF_THE_MACHINE = ["LANG", "LC_ALL", "TZ"];

export const REGION = "us-east-1";
/** The emulator's administrator. */
export const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** For programs of this project that know nothing of AWS. */
export function plainEnvironment(folder: string, pythonPrograms: string): Environment {
  const path = [pythonPrograms, join(PROJECT_ROOT, "node_modules/.bin"), process.env["PATH"] ?? ""];
  const own = OF_THE_MACHINE.flatMap((name) => [[name, process.env[name] ?? ""]]);
  return {
    ...Object.fromEntries(own),
    PATH: path.join(delimiter),
    HOME: folder,
    TMPDIR: join(folder, "tmp"),
    NO_COLOR: "1",
  };
}

/** For the programs of an operator, which find the emulator where AWS would be. */
export function commandEnvironment(plain: Environment, endpoint: string): Environment {
  if (!LOOPBACK.test(endpoint)) throw new Error(`Not on this machine: ${endpoint}`);
  return {
    ...plain,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: "true",
    CDK_DISABLE_CLI_TELEMETRY: "true",
  };
}
