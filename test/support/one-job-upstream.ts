import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { listenLocally } from "../../infra/local/local-server.ts";

interface ShownStep {
  title: string;
  status: string;
  result?: object | null;
}

const answerBody = z.object({ "mfa-response": z.array(z.string()) });

const ID = "upstream-job";

/** An upstream of one institution, and of one job that shows what a test says. */
export async function oneJobUpstream(authorization: string) {
  const answers: string[][] = [];
  let logins = 0;
  let looks = 0;
  let job: object = {};
  let changes = 0;
  let whenAnswered: readonly ShownStep[] | undefined;

  /** Upstream's own time of each change is a second after that of the one before it. */
  function show(...steps: ShownStep[]): void {
    const updated = new Date(Date.UTC(2026, 0, 5, 9, 0, ++changes)).toISOString();
    job = { type: "job", id: ID, created: "2026-01-05T09:00:00Z", updated, steps };
  }

  async function replyTo(request: IncomingMessage): Promise<object> {
    const line = `${request.method} ${request.url}`;
    if (line === "POST /token") return { access_token: "token", expires_in: 3600 };
    if (line === `GET /jobs/${ID}`) {
      looks += 1;
      return job;
    }
    const [, institutionId] = /^GET \/institutions\/(\w+)$/.exec(line) ?? [];
    if (institutionId !== undefined) return { id: institutionId, authorization, status: "operational" };
    if (line === `POST /jobs/${ID}/mfa`) {
      answers.push(answerBody.parse(JSON.parse(await text(request)))["mfa-response"]);
      if (whenAnswered !== undefined) show(...whenAnswered);
    } else logins += 1;
    return { type: "job", id: ID };
  }

  const server = createServer(async (request, response) => {
    response.end(JSON.stringify(await replyTo(request)));
  });
  return {
    ...(await listenLocally(server)),
    show,
    /** What the job shows once the next answer has come; until this is said, what it showed before. */
    showWhenAnswered(...steps: ShownStep[]): void {
      whenAnswered = steps;
    },
    /** The answers and the number of logins that came since the last `forget`. */
    received: () => ({ answers: [...answers], logins }),
    /** How often the job was looked at. */
    looks: () => looks,
    forget(): void {
      answers.length = 0;
      logins = 0;
      whenAnswered = undefined;
    },
  };
}
