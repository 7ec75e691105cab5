import { dynamoApiKeyRegister } from "../../../functions/access/api-key-register.ts";
import { lineOf } from "../line-of.ts";
import { UsageError } from "../usage-error.ts";
import { findTable } from "./find-table.ts";
import { type Output, perform } from "./perform.ts";
import { readCommand } from "./read-command.ts";
import { USAGE } from "./usage.ts";

const FAILED = 1;
const WRONG_USAGE = 2;

/** Runs the program and returns its exit code and output: 0 for success, 1 for a failure, 2 for wrong usage. Never throws. */
export async function runKeys(
  args: readonly string[],
  variables: { readonly [name: string]: string | undefined },
): Promise<Output & { code: number }> {
  try {
    const { command, where } = readCommand(args, variables);
    if (command.action === "help") return { code: 0, stdout: USAGE, stderr: "" };
    const { client, tableName } = await findTable(where);
    try {
      return { code: 0, ...(await perform(dynamoApiKeyRegister(client, tableName), command, new Date())) };
    } finally {
      client.destroy();
    }
  } catch (error) {
    const code = error instanceof UsageError ? WRONG_USAGE : FAILED;
    return { code, stdout: "", stderr: `${lineOf(error)}\n` };
  }
}
