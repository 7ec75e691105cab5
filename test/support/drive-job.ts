import { crashWorld, type Request } from "./crash-world.ts";
import { crashingPorts } from "./crashing-ports.ts";
import type { FakePorts } from "./fake-ports.ts";
import { answer } from "./story-requests.ts";

/** Takes a job that is there to its end, as its execution does; its challenges get the answers, one each. */
export async function driveJob(ports: FakePorts, jobId: string, answers: readonly string[] = []) {
  await ports.executions.start({ id: jobId });
  const requests: Request[] = answers.map((text, index) => answer(text, index + 1));
  await crashWorld(ports, crashingPorts(ports, []), "run-again").live(requests);
}
