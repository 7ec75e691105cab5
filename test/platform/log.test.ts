import { randomUUID } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { count } from "../../functions/jobs/domain/metrics.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { notingCalls } from "../../functions/platform/aws-call.ts";
import { aboutJob, log, logAbout, logMeasured } from "../../functions/platform/log.ts";
import {
  type LogFields,
  nameOf,
  ofError,
  ofGateway,
  ofInstitution,
} from "../../functions/platform/log-fields.ts";
import { capturedLines } from "../support/captured-output.ts";

const PASSWORD = "hooli2016 Tr0ub4dor&3";
const correlationId = randomUUID();
const jobId = randomUUID();
const { requestId = expect.unreachable() } = ofGateway({ requestContext: { requestId: "JKJaXmPLvHcESHA=" } });
const lines = capturedLines();

const failing = notingCalls(() => Promise.reject(new Error(PASSWORD)), { commandName: "PutItemCommand" });
const failed = await failing({}).catch((error: unknown) => error);
const { awsCall = expect.unreachable() } = ofError(failed);

const { institution = expect.unreachable() } = ofInstitution("AU00000");

const whole: Required<LogFields> = {
  correlationId,
  requestId,
  jobId,
  route: "create-connection",
  task: "ask-for-answer",
  call: "login",
  status: 503,
  reason: "too-many-refused-logins",
  errorName: nameOf(Object.assign(new Error(PASSWORD), { name: "Lambda.TooManyRequests_1" })),
  awsCall,
  durationMs: 86_400_000,
  institution,
  ...{ succeeded: 3, failedByBank: 2, failedByAggregator: 1, failedByUs: 0, woken: 6, stoppedByUser: 9 },
};

describe("a line", () => {
  test("is JSON, with its time, level, message and fields", () => {
    log("info", "request", whole);
    expect(lines.text().endsWith("}\n")).toBe(true);
    expect(lines.all()).toEqual([
      { time: expect.stringMatching(/^\d{4}-.*Z$/), level: "info", message: "request", ...whole },
    ]);
  });

  test.each([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
    ["loud", ["info", "warn", "error"]],
  ])("is written from the level %s on", (level, expected) => {
    vi.stubEnv("LOG_LEVEL", level);
    log("debug", "upstream called");
    log("info", "request");
    log("warn", "job mended");
    log("error", "sweep failed");
    expect(lines.all().map((line) => line["level"])).toEqual(expected);
  });

  test.each<readonly [keyof LogFields, readonly unknown[]]>([
    ["correlationId", [`${correlationId} ${PASSWORD}`, `${PASSWORD}${correlationId}`, 42]],
    ["requestId", ["hooli2016", `${requestId}${PASSWORD}`, `a${requestId}`, "hooli2016hooli201", 42]],
    ["jobId", [`${jobId}\n${PASSWORD}`, `/jobs/${jobId}`, "5e0c4c1e-6f0a-1c58-9a52-0c2f3a6f1b11"]],
    ["route", ["/jobs/hooli2016", "create_connection", "Hooli", "a".repeat(21)]],
    ["task", ["hooli2016", "https://bank.example"]],
    ["call", ["GET /jobs/1", ""]],
    ["status", [2016, 99, 200.5, Number.NaN, -200, "200 OK"]],
    ["reason", ["hooli2016", "no such user: gavin@hooli.example", "one\ntwo"]],
    ["errorName", ["Error: hooli2016", "1234", "a".repeat(65), "two words"]],
    ["awsCall", ["hooli2016", "putItem", "Put Item", "A", `Put${"x".repeat(40)}`]],
    ["durationMs", [1.5, -1, Number.POSITIVE_INFINITY, 1e10]],
  ])("omits a malformed %s", (name, values) => {
    const holders = [PASSWORD, new Secret(PASSWORD), [PASSWORD], { [name]: PASSWORD }, () => PASSWORD, null];
    const { [name]: _, ...others } = whole;
    for (const value of [...values, ...holders, [whole[name]]]) {
      const given: LogFields = Object.assign({}, others, { [name]: value });
      log("info", "request", given);
      const [line] = lines.all().slice(-1);
      expect({ value, line }).toEqual({
        value,
        line: { time: expect.anything(), level: "info", message: "request", ...others },
      });
    }
    expect(lines.text()).not.toMatch(/hooli|Tr0ub4dor|secret/i);
  });

  test("omits every member that is no field, even if every object has it", () => {
    const members = { password: PASSWORD, constructor: PASSWORD, toString: PASSWORD, time: PASSWORD };
    const given: LogFields = Object.assign(members, JSON.parse(`{ "__proto__": "${PASSWORD}" }`));
    log("info", "request", given);
    expect(lines.all().map((line) => Object.keys(line))).toEqual([["time", "level", "message"]]);
    expect(lines.text()).not.toContain(PASSWORD);
  });
});

describe("the fields of a piece of work", () => {
  test("are in all its lines and metrics, with its job's id once it is known", async () => {
    await logAbout({ correlationId, route: "refresh-connection" }, async () => {
      log("debug", "upstream called");
      await Promise.resolve();
      expect(aboutJob(jobId)).toBe(jobId);
      logMeasured("Bank", [count("JobsStarted")], new Date(0));
      log("info", "request");
    });
    log("info", "sweep");
    const ofRequest = { correlationId, route: "refresh-connection" };
    expect(lines.all()).toEqual([
      { time: expect.anything(), level: "debug", message: "upstream called", ...ofRequest },
      { _aws: expect.anything(), JobsStarted: 1, ...ofRequest, jobId },
      { time: expect.anything(), level: "info", message: "request", ...ofRequest, jobId },
      { time: expect.anything(), level: "info", message: "sweep" },
    ]);
  });

  test("are not in the lines of other work at the same time", async () => {
    const ids = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all(
      ids.map((id, index) =>
        logAbout({ correlationId: id }, async () => {
          for (let turns = 0; turns <= index % 5; turns++) await Promise.resolve();
          log("info", "request", { durationMs: index });
        }),
      ),
    );
    const written = lines.all().map((line) => [line["durationMs"], line["correlationId"]]);
    expect(new Map(written.map(([index, id]) => [Number(index), id]))).toEqual(new Map(ids.entries()));
  });

  test("have the id of a job in lower case", () => {
    logAbout({ correlationId }, () => {
      aboutJob(jobId.toUpperCase());
      log("info", "request");
    });
    expect(lines.all()).toMatchObject([{ jobId }]);
  });

  test("do not include a malformed id of a job", () => {
    logAbout({ correlationId }, () => {
      for (const text of [PASSWORD, "", undefined, `${jobId}${PASSWORD}`]) aboutJob(text);
      log("info", "request");
    });
    expect(lines.all()).toEqual([expect.not.objectContaining({ jobId: expect.anything() })]);
  });

  test.each([
    undefined,
    "JKJaXmPLvHcESHA=",
    {},
    { requestContext: "JKJaXmPLvHcESHA=" },
    ...[PASSWORD, "", 42, null, "Tr0ub4dor&3hool=", "JKJaXmPLvHcESHA=\n", " JKJaXmPLvHcESHA="].map((id) => ({
      requestContext: { requestId: id },
    })),
  ])("do not include a malformed id of the gateway: %j", (event) => {
    expect(ofGateway(event)).toEqual({});
  });
});

test("a metric whose dimension is no name is omitted", () => {
  const malformed = [PASSWORD, "", "a".repeat(65), undefined].map((is) => ({
    ...count("UpstreamErrors", "Institution", "AU00000"),
    is,
  }));
  logMeasured("Bank", [...malformed, count("UpstreamErrors", "Institution", "AU00001")], new Date(0));
  expect(lines.all()).toMatchObject([{ UpstreamErrors: 1, Institution: "AU00001" }]);
  expect(lines.text()).not.toContain(PASSWORD);
});

test.each([
  [new TypeError(PASSWORD), "TypeError"],
  [Object.assign(new Error("x"), { name: "Lambda.Unknown" }), "Lambda.Unknown"],
  [Object.assign(new Error("x"), { name: PASSWORD }), "unknown"],
  [Object.assign(new Error("x"), { name: `Error\n${PASSWORD}` }), "unknown"],
  [PASSWORD, "unknown"],
  [{ name: "TypeError" }, "unknown"],
  [undefined, "unknown"],
])("only the name of an error is logged: %o", (error, name) => {
  expect(nameOf(error)).toBe(name);
  expect(ofError(error)).toEqual({ errorName: name });
});

test.each([
  ["PutItemCommand", { awsCall: "PutItem" }],
  [undefined, {}],
  [PASSWORD, {}],
])("the call of AWS that failed is logged with its error: %s", async (commandName, more) => {
  const error = new TypeError(PASSWORD);
  const thrown = await notingCalls(() => Promise.reject(error), { ...(commandName && { commandName }) })(
    {},
  ).catch((reason: unknown) => reason);
  expect(thrown).toBe(error);
  expect(ofError(thrown)).toEqual({ errorName: "TypeError", ...more });
});
