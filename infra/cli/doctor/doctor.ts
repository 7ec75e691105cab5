import { print } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import type { Call } from "../read-arguments.ts";
import { checkApi } from "./check-api.ts";
import { checkStack } from "./check-stack.ts";
import { type Finding, findingLines, nodeFinding } from "./report.ts";

/** Checks what this machine and the system lack, and says what to do. Returns 1 if something is lacking. */
export async function doctor(io: Io, { place, asJson }: Call, version: string): Promise<ExitCode> {
  const findings: Finding[] = [nodeFinding(process.version)];
  let url = place.kind === "stack" ? undefined : place.url;
  if (place.kind === "stack") {
    const checked = await checkStack(place.stack);
    findings.push(...checked.findings);
    url = checked.apiUrl;
  }
  if (url !== undefined) {
    const { variables, signal } = io;
    findings.push(...(await checkApi({ url, place, variables, version, signal })));
  }
  print({ io, asJson }, findings, findingLines(findings));
  return findings.some(({ verdict }) => verdict === "lacks") ? EXIT.failed : EXIT.done;
}
