/** Commands of the pages for operators that are not run on the emulator, and why. */
const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ["git pull", "it would change what is being proved"],
  ["git checkout VERSION", "there is no earlier one to go back to"],
  ["npm ci", "what is being proved was installed by it"],
]);

/** The id of the pages' example, and how that of the key that was just made is got. */
const EXAMPLE_ID = "1a2b3c4d5e6f";
const REAL_ID = '$(printf %s "$KEY" | sha256sum | cut -c 1-12)';

/** One script of the commands, in their order, as they are written but for the id of a key. Each is announced. */
export function operatorsScript(commands: readonly string[]): string {
  const run = commands.filter((command) => !NOT_HERE.has(command));
  const lines = run.map((command) => command.replaceAll(EXAMPLE_ID, REAL_ID));
  return lines.map((line, index) => `echo; echo "${announcement(index)}"\n${line}`).join("\n");
}

/** What each command printed, in their order. */
export function printedByEach(stdout: string): string[] {
  return stdout.split(/^== command \d+\n/m).slice(1);
}

function announcement(index: number): string {
  return `== command ${index + 1}`;
}
