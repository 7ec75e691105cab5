import { type Environment, runProgram } from "./programs.ts";

/** Makes an API key as an operator does. */
export async function makeApiKey(commands: Environment, stackName: string): Promise<string> {
  const create = ["run", "--silent", "keys", "--", "create", "journeys", "--stack", stackName];
  return (await runProgram("npm", create, commands)).trim();
}
