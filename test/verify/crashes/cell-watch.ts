import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod";
import { parseJobRecord } from "../../../functions/jobs/store/job-record.ts";
import { type AwsCall, readCall } from "../../support/aws-recorder.ts";
import { type Cell, meet } from "./cell.ts";
import { callUpstream, effectOnAws, jobWritten, keptFor } from "./effects.ts";
import type { Life, Mortality } from "./mortality.ts";
import type { Passing, Reply } from "./stand-between.ts";

const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

/** What a process that has ended would hear, if there were one. The SDK does not ask again. */
const NOTHING: Reply = {
  status: 400,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: Buffer.from(JSON.stringify({ __type: "ProcessHasEnded" })),
};

/** Sees what functions ask of AWS and of upstream, notes it for the cell that it is about, and ends the process where that wants it. */
export function cellWatch(functions: Mortality) {
  const cells = new Map<string, Cell>();
  const users = new Map<string, string>();

  function cellOf({ about, entry }: Life, call?: AwsCall): Cell | undefined {
    const jobIds = entry === "sweep" ? jobsIn(call) : [about.jobId];
    const [userId = about.userId] = jobIds.flatMap((id) => users.get(id ?? "") ?? []);
    return cells.get(userId ?? "");
  }

  function jobsIn(call: AwsCall | undefined): (string | undefined)[] {
    const { taskToken, ...named } = call?.request ?? {};
    return [functions.jobOfToken(taskToken), ...(JSON.stringify(named).match(UUID) ?? [])];
  }

  async function pass(life: Life, cell: Cell | undefined, effect: string | undefined, { perform }: Passing) {
    if (life.isOver) return NOTHING;
    const end = cell && effect && meet(cell, `${life.entry} ${effect}`);
    const reply = end === "before" ? NOTHING : await perform();
    if (end !== undefined && end !== "") life.end();
    return reply;
  }

  async function passAws(passing: Passing): Promise<Reply> {
    const life = functions.senderOf(passing.request.headers);
    if (life === undefined) return passing.perform();
    const call = readCall(
      String(passing.request.headers["x-amz-target"]),
      passing.body.toString(),
      undefined,
    );
    const job = jobWritten(call);
    if (job !== undefined) users.set(job.id, job.userId);
    const cell = cellOf(life, call);
    for (const id of [job?.id ?? [], keptFor(call) ?? []].flat()) cell?.jobIds.add(id);
    return pass(life, cell, effectOnAws(call), {
      ...passing,
      async perform() {
        const reply = await passing.perform();
        if (job !== undefined && reply.status === 200) cell?.written.push(rowOf(call));
        return reply;
      },
    });
  }

  async function passUpstream(passing: Passing): Promise<Reply> {
    const { method = "", url = "" } = passing.request;
    const life = functions.senderOf(passing.request.headers);
    if (life === undefined) return passing.perform();
    const cell = cellOf(life);
    const effect = callUpstream(method, url);
    return pass(life, cell, effect, {
      ...passing,
      async perform() {
        const reply = await passing.perform();
        if (method === "POST" && effect !== undefined && reply.status < 300) cell?.taken.push(effect);
        return reply;
      },
    });
  }

  return { passAws, passUpstream, add: (cell: Cell) => void cells.set(cell.userId, cell) };
}

const itemIn = z.object({ Item: z.record(z.string(), z.custom<AttributeValue>()) });

function rowOf({ request }: AwsCall) {
  const { Item } = itemIn.parse(request);
  return parseJobRecord(unmarshall(Item));
}
