import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { readHttpRequest } from "../../../functions/http/request.ts";
import type { KeyedRequest } from "../../../functions/jobs/domain/idempotency.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { log, logAbout, logMeasured } from "../../../functions/platform/log.ts";
import { nameOf, ofJob } from "../../../functions/platform/log-fields.ts";
import { capturedLines } from "../../support/captured-output.ts";
import { jobOf } from "../../support/job-examples.ts";

/*
 * What the compiler refuses: without an error below a directive, `tsc` fails. Vitest does not check types, so every call is
 * made as well, and nothing of what it carries may come out.
 */

const PLANTED = "planted-Zebra";
const secret = new Secret(PLANTED);
const login = { loginId: secret, password: new Secret(PLANTED) };
const job = { ...jobOf({ connectionId: PLANTED }), reason: PLANTED };
const error = Object.assign(new Error(PLANTED), { cause: PLANTED, errorName: PLANTED });
const headers = { authorization: `Bearer ${PLANTED}`, status: PLANTED };
const event = {
  rawPath: `/${PLANTED}`,
  headers,
  body: JSON.stringify({ password: PLANTED }),
  requestContext: { http: { method: "POST" } },
};
const request = readHttpRequest(event);
const keyed: KeyedRequest = { userId: PLANTED, key: PLANTED, text: secret };
const text: string = PLANTED;
const unknown: unknown = { reason: PLANTED };
const anything: object = { reason: PLANTED };
const parsed = () => JSON.parse(`{ "reason": "${PLANTED}" }`);

const lines = capturedLines();

test("nothing that may hold a secret can be handed to the log", () => {
  // @ts-expect-error a Secret in place of the fields
  log("info", "request", secret);
  // @ts-expect-error a Secret as a field
  log("info", "request", { reason: secret });
  // @ts-expect-error a Secret as an id
  log("info", "request", { jobId: secret });
  // @ts-expect-error a Secret under a name that is none
  log("info", "request", { password: secret });
  // @ts-expect-error a Secret beside a field
  log("info", "request", { status: 200, secret });
  // @ts-expect-error a Secret in an object in a field
  log("info", "request", { reason: { secret } });
  // @ts-expect-error a Secret in a list
  log("info", "request", [secret]);
  // @ts-expect-error a Secret in a Map
  log("info", "request", new Map([["reason", secret]]));
  // @ts-expect-error what a Secret reveals, as an id
  log("info", "request", { jobId: secret.reveal() });
  // @ts-expect-error what a Secret reveals, as the other id
  log("info", "request", { correlationId: secret.reveal() });
  // @ts-expect-error what a Secret reveals, as the gateway's id
  log("info", "request", { requestId: secret.reveal() });
  // @ts-expect-error what a Secret reveals, as a reason
  log("info", "request", { reason: secret.reveal() });
  // @ts-expect-error what a Secret reveals, as the name of an error
  log("info", "request", { errorName: secret.reveal() });
  // @ts-expect-error what a Secret reveals, as a route
  log("info", "request", { route: secret.reveal() });
  // @ts-expect-error what a Secret reveals, as a message
  log("info", secret.reveal());
  // @ts-expect-error a Secret as the message
  log("info", secret);
  // @ts-expect-error a Secret in the message
  log("info", `request ${secret.reveal()}`);
  // @ts-expect-error a Secret as the status
  log("info", "request", { status: secret });
  // @ts-expect-error a login
  log("info", "request", login);
  // @ts-expect-error a login beside fields
  log("info", "request", { status: 200, ...login });
  // @ts-expect-error a job
  log("info", "request", job);
  // @ts-expect-error what a job holds
  log("info", "request", { ...job });
  // @ts-expect-error an error
  log("info", "request", error);
  // @ts-expect-error an error's message
  log("info", "request", { errorName: error.message });
  // @ts-expect-error an error's own name, of which nobody knows the form
  log("info", "request", { errorName: error.name });
  // @ts-expect-error a request
  log("info", "request", request);
  // @ts-expect-error what came with a request
  log("info", "request", event);
  // @ts-expect-error the headers of a request
  log("info", "request", headers);
  // @ts-expect-error a request with its key
  log("info", "request", keyed);
  // @ts-expect-error a text
  log("info", "request", text);
  // @ts-expect-error a text as an id
  log("info", "request", { jobId: text });
  // @ts-expect-error nobody knows what
  log("info", "request", unknown);
  // @ts-expect-error an object of which nothing is known
  log("info", "request", anything);
  // @ts-expect-error what was parsed
  log("info", "request", parsed());
  // @ts-expect-error a part of what was parsed
  log("info", "request", { reason: parsed().reason });
  // @ts-expect-error a function that reveals it
  log("info", "request", () => secret.reveal());
  // @ts-expect-error a message at a level that is not its own
  log("debug", "sweep failed");
  // @ts-expect-error a login, for all lines of a piece of work
  logAbout(login, () => log("info", "request"));
  // @ts-expect-error a Secret, for all lines of a piece of work
  logAbout({ reason: secret }, () => log("info", "request"));
  // @ts-expect-error a Secret as what is measured
  logMeasured("Bank", [{ name: "JobsStarted", unit: "Count", value: secret }], new Date());
  // @ts-expect-error a metric that is not in the list
  logMeasured("Bank", [{ name: text, unit: "Count", value: 1 }], new Date());

  expect(lines.all().length).toBeGreaterThan(30);
  expect(lines.text()).not.toMatch(/planted|zebra|\[secret\]/i);
});

test("what the log is for can be", () => {
  const correlationId = randomUUID();
  log("info", "request", {
    correlationId,
    ...ofJob(job.id),
    route: "answer-mfa",
    status: 202,
    durationMs: 12,
  });
  log("warn", "request failed", { correlationId, reason: "service-unavailable", errorName: nameOf(error) });
  log("error", "task failed", { task: "give-up", ...ofJob(text) });
  log("debug", "upstream called", { call: "login", status: undefined });
  const fields = { correlationId, status: 404, reason: "job-not-found" } as const;
  log("info", "request", fields);
  log("info", "sweep");
  logAbout(ofJob(job.id), () => log("warn", "job mended", { reason: "cleaned" }));
  expect(lines.all().map(({ level, time: _, ...held }) => held)).toEqual([
    { message: "request", correlationId, jobId: job.id, route: "answer-mfa", status: 202, durationMs: 12 },
    { message: "request failed", correlationId, reason: "service-unavailable", errorName: "Error" },
    { message: "task failed", task: "give-up" },
    { message: "upstream called", call: "login" },
    { message: "request", ...fields },
    { message: "sweep" },
    { message: "job mended", jobId: job.id, reason: "cleaned" },
  ]);
});
