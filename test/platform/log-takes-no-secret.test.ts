import { expect, test } from "vitest";
import { readHttpRequest } from "../../functions/http/request.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { log, logAbout, logMeasured } from "../../functions/platform/log.ts";
import { capturedLines } from "../support/captured-output.ts";
import { jobOf } from "../support/job-examples.ts";

/*
 * The compiler must reject each call: `tsc` fails if there is no error below a directive. Vitest does not check types, so
 * the test also makes the calls, and checks that nothing of the secret is written.
 */

const PLANTED = "planted-Zebra";
const secret = new Secret(PLANTED);
const login = { loginId: secret, password: new Secret(PLANTED) };
const job = { ...jobOf({ connectionId: PLANTED }), reason: PLANTED };
const error = Object.assign(new Error(PLANTED), { cause: PLANTED, errorName: PLANTED });
const event = {
  rawPath: `/${PLANTED}`,
  headers: { authorization: `Bearer ${PLANTED}`, status: PLANTED },
  body: JSON.stringify({ password: PLANTED }),
  requestContext: { http: { method: "POST" } },
};
const request = readHttpRequest(event);
const text: string = PLANTED;
const unknown: unknown = { reason: PLANTED };
const anything: object = { reason: PLANTED };
const parsed = () => JSON.parse(`{ "reason": "${PLANTED}" }`);

const lines = capturedLines();

test("a value that may contain a secret cannot be passed to the log", () => {
  // @ts-expect-error a Secret in place of the fields
  log("info", "request", secret);
  // @ts-expect-error a Secret as a field
  log("info", "request", { reason: secret });
  // @ts-expect-error a Secret as an id
  log("info", "request", { jobId: secret });
  // @ts-expect-error a Secret as the status
  log("info", "request", { status: secret });
  // @ts-expect-error a Secret as an unknown field
  log("info", "request", { status: 200, secret });
  // @ts-expect-error a Secret in an object in a field
  log("info", "request", { reason: { secret } });
  // @ts-expect-error a Secret in a list
  log("info", "request", [secret]);
  // @ts-expect-error a Secret as the message
  log("info", secret);
  // @ts-expect-error a revealed Secret as the message
  log("info", secret.reveal());
  // @ts-expect-error a revealed Secret as the id of a job
  log("info", "request", { jobId: secret.reveal() });
  // @ts-expect-error a revealed Secret as the gateway's id
  log("info", "request", { requestId: secret.reveal() });
  // @ts-expect-error a revealed Secret as a reason
  log("info", "request", { reason: secret.reveal() });
  // @ts-expect-error a revealed Secret as the name of an error
  log("info", "request", { errorName: secret.reveal() });
  // @ts-expect-error a revealed Secret as a route
  log("info", "request", { route: secret.reveal() });
  // @ts-expect-error a login
  log("info", "request", login);
  // @ts-expect-error a job
  log("info", "request", job);
  // @ts-expect-error the fields of a job
  log("info", "request", { ...job });
  // @ts-expect-error an error
  log("info", "request", error);
  // @ts-expect-error the name of an error, whose form is unknown
  log("info", "request", { errorName: error.name });
  // @ts-expect-error a request
  log("info", "request", request);
  // @ts-expect-error an event
  log("info", "request", event);
  // @ts-expect-error a value of an unknown type
  log("info", "request", unknown);
  // @ts-expect-error an object of unknown fields
  log("info", "request", anything);
  // @ts-expect-error an `any`
  log("info", "request", parsed());
  // @ts-expect-error an `any` as a field
  log("info", "request", { reason: parsed().reason });
  // @ts-expect-error a message at another level
  log("debug", "sweep failed");
  // @ts-expect-error a login, for all lines of a piece of work
  logAbout(login, () => log("info", "request"));
  // @ts-expect-error a Secret, for all lines of a piece of work
  logAbout({ reason: secret }, () => log("info", "request"));
  // @ts-expect-error a Secret as a measured value
  logMeasured("Bank", [{ name: "JobsStarted", unit: "Count", value: secret }], new Date());
  // @ts-expect-error a metric that is not in the list
  logMeasured("Bank", [{ name: text, unit: "Count", value: 1 }], new Date());

  expect(lines.all().length).toBeGreaterThanOrEqual(28);
  expect(lines.text()).not.toMatch(/planted|zebra|\[secret\]/i);
});
