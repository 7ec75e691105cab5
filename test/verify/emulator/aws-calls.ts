import { join } from "node:path";
import * as z from "zod";
import { type Environment, runProgram } from "./programs.ts";

const PROGRAM = join(import.meta.dirname, "aws-calls.py");
const answers = z.array(z.array(z.unknown()));

/** A call in the words of botocore. */
export interface AwsCall {
  service: string;
  operation: string;
  parameters?: object;
  /** JMESPath to the list that is wanted of each page. */
  query: string;
}

/** Makes the calls in their order, and gives a list for each, over all its pages. */
export async function awsCalls(commands: Environment, calls: readonly AwsCall[]): Promise<unknown[][]> {
  return answers.parse(JSON.parse(await runProgram("python", [PROGRAM], commands, JSON.stringify(calls))));
}

/** As {@link awsCalls}, for one call whose answers are texts. */
export async function awsTexts(commands: Environment, call: AwsCall): Promise<string[]> {
  return z.array(z.array(z.string())).parse(await awsCalls(commands, [call]))[0] ?? [];
}
