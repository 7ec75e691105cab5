import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { afterAll, beforeAll, inject, vi } from "vitest";
import * as z from "zod";
import { parseJobRecord } from "../../functions/wire/job-record.ts";
import { readLocalSettings } from "../../infra/local/local-settings.ts";
import { type LocalSystem, startLocal } from "../../infra/local/start-local.ts";
import { parseTemplate } from "../../infra/local/template.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { API_KEY } from "../journeys/start-for-tests.ts";
import { ANY_UPSTREAM } from "../journeys/synthesize-once.ts";
import type { Target } from "../journeys/target.ts";
import { type AwsCall, readCall } from "../support/aws-call.ts";
import { type Cell, meet } from "./cell.ts";
import { callUpstream, effectOnAws, jobWritten, keptFor } from "./effects.ts";
import { type Life, mortality } from "./mortality.ts";
import { type Passing, type Reply, standBetween } from "./stand-between.ts";

const ENDPOINT = /^AWS_ENDPOINT_URL_/;
const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

/** The bank is somewhat slower than it is looked at, so that each of its steps is seen. */
const BANKS_PACE = 2 / 3;

/** What a process that has ended would hear, if there were one. The SDK does not ask again. */
const NOTHING: Reply = {
  status: 400,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: Buffer.from(JSON.stringify({ __type: "ProcessHasEnded" })),
};

/** Local mode, whose functions' processes end where the cells want it. */
export function mortalSystem(timeScale: number) {
  const functions = mortality();
  const cells = new Map<string, Cell>();
  const users = new Map<string, string>();
  const closers: (() => Promise<void>)[] = [];
  const said: string[] = [];
  let started: { system: LocalSystem; target: Target } | undefined;

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

  async function start(): Promise<void> {
    const sandbox = await startSandbox({ port: 0, timeScale: timeScale * BANKS_PACE });
    closers.push(sandbox.close);
    const upstream = await standBetween(sandbox.url, passUpstream);
    closers.push(upstream.close);
    process.env["LOG_LEVEL"] = "error";
    const system = await startLocal(
      readLocalSettings({
        ...{ PORT: "0", LOCAL_API_KEY: API_KEY, TIME_SCALE: String(timeScale) },
        ...{ UPSTREAM_URL: upstream.url, UPSTREAM_API_KEY: "sandbox" },
      }),
      {
        // A function that ran before all stands between would know where the services are.
        around: async (...invocation) => started && functions.around(...invocation),
        synthesize: async ({ upstreamUrl }) =>
          parseTemplate(JSON.parse(inject("template").replaceAll(ANY_UPSTREAM, upstreamUrl))),
      },
    );
    closers.push(system.close);
    for (const [name, origin = ""] of Object.entries(process.env).filter(([name]) => ENDPOINT.test(name))) {
      const between = await standBetween(origin, passAws);
      closers.push(between.close);
      process.env[name] = between.url;
    }
    started = { system, target: { apiUrl: system.apiUrl, sandboxUrl: sandbox.url, apiKey: API_KEY } };
  }

  beforeAll(async () => {
    const write = process.stdout.write.bind(process.stdout);
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      if (!functions.isRunning()) return write(text);
      said.push(String(text));
      return true;
    });
    await start();
  });
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
    functions.close();
    vi.restoreAllMocks();
  });

  const running = () => {
    if (started === undefined) throw new Error("Local mode has not started.");
    return started;
  };

  return {
    timeScale,
    target: () => running().target,
    system: () => running().system,
    /** What functions have logged. */
    said,
    add: (cell: Cell) => void cells.set(cell.userId, cell),
  };
}

export type MortalSystem = ReturnType<typeof mortalSystem>;

const itemIn = z.object({ Item: z.record(z.string(), z.custom<AttributeValue>()) });

function rowOf({ request }: AwsCall) {
  const { Item } = itemIn.parse(request);
  return parseJobRecord(unmarshall(Item));
}
