import { describe, expect, onTestFinished, test } from "vitest";
import { basiq } from "../../../functions/aggregators/basiq/basiq.ts";
import { basiqTransport } from "../../../functions/aggregators/basiq/transport.ts";
import { UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import type { Job } from "../../../functions/jobs/domain/job.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { errorCodeOf } from "../../../functions/jobs/domain/steps.ts";
import { crashingPorts } from "../../support/crashing-ports.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { crashWorld, expectWhole, type Request } from "../races/crash-world.ts";
import { answer, create } from "../races/job-stories.ts";
import { startAggregator } from "./fake-aggregator.ts";
import { plainLife } from "./lives.ts";
import { type Script, TABLES } from "./scripts.ts";

/** A client that repeats what we could not do, as we ask it to. */
function patient({ when, send }: Request): Request {
  async function sendUntilDone(ports: FakePorts): Promise<string[]> {
    try {
      return await send(ports);
    } catch (error) {
      if (!(error instanceof UpstreamUnavailable)) throw error;
      await ports.clock.sleep(error.retryAfterMs ?? 1000);
      return sendUntilDone(ports);
    }
  }
  return { when, send: sendUntilDone };
}

const failedStep = ({ steps }: Job) => steps.find(({ status }) => status === "failed");

function endOf(job: Job): string | undefined {
  return job.phase === "failed" ? errorCodeOf(failedStep(job)) : job.phase;
}

/** The user answers each challenge after some time. */
function answersOf({ says = [], thinks = 0 }: Script): Request[] {
  return says.map((texts, index) => {
    const { when, send } = answer(texts, index + 1);
    return {
      when,
      async send(ports) {
        await ports.clock.sleep(thinks * 1000);
        return send(ports);
      },
    };
  });
}

async function play(script: Script) {
  const ports = fakePorts();
  const { version = "2.1", lives = [plainLife], by = () => [create()] } = script;
  const aggregator = await startAggregator({ ...script, lives }, ports.clock);
  onTestFinished(aggregator.close);
  const apiKey = async () => new Secret("key");
  const transport = basiqTransport({ baseUrl: aggregator.url, version, apiKey, clock: ports.clock });
  Object.assign(ports.upstream, basiq(transport, version));
  ports.institutions = ports.upstream;
  const world = crashWorld(ports, crashingPorts(ports, []), "sweeper");
  await world.live([...by(), ...answersOf(script)].map(patient));
  return { ports, aggregator, told: world.told };
}

describe.each(Object.entries(TABLES))("%s", (_, table) => {
  test.each(Object.entries<Script>(table))("%s", async (_name, script) => {
    const { ports, aggregator, told } = await play(script);
    const jobs = [...ports.jobs.rows.values()];
    const { ends = "succeeded", logins = 1, says = [], answers = says.length, asked = says.length } = script;
    expect({
      ends: jobs.map(endOf),
      logins: aggregator.taken.logins,
      answers: aggregator.answers.length,
      asked: Math.max(...jobs.map(({ challenge }) => challenge?.number ?? 0)),
    }).toEqual({ ends: [ends].flat(), logins, answers, asked });
    expect(aggregator.impatient, "calls in a pause that the aggregator had asked for").toEqual([]);
    expect(aggregator.taken.posts).toBeLessThanOrEqual(script.posts ?? Number.POSITIVE_INFINITY);
    expect(secondsOf(jobs[0])).toBeLessThanOrEqual(script.seconds ?? Number.POSITIVE_INFINITY);
    for (const job of jobs) {
      if (script.words !== undefined) expect(failedStep(job)?.result).toMatchObject({ detail: script.words });
      if (job.phase === "succeeded") expect(aggregator.connectionIds()).toContain(job.connectionId);
    }
    expectWhole(ports, [], told);
  });
});

function secondsOf(job: Job | undefined): number {
  return job === undefined ? 0 : (Date.parse(job.updatedAt) - Date.parse(job.createdAt)) / 1000;
}
