import { randomUUID } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { count } from "../../../functions/jobs/domain/metrics.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { aboutJob, log, logAbout, logMeasured } from "../../../functions/platform/log.ts";
import { type LogFields, nameOf, ofGateway } from "../../../functions/platform/log-fields.ts";
import { capturedLines } from "../../support/captured-output.ts";

const PASSWORD = "hooli2016 Tr0ub4dor&3";
const correlationId = randomUUID();
const jobId = randomUUID();
const { requestId = expect.unreachable() } = ofGateway({ requestContext: { requestId: "JKJaXmPLvHcESHA=" } });
const lines = capturedLines();

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
  durationMs: 86_400_000,
};

describe("a line", () => {
  test("is JSON, with its time, its level, its message and the fields that were given", () => {
    log("info", "request", whole);
    expect(lines.text().endsWith("}\n")).toBe(true);
    expect(lines.all()).toEqual([
      { time: expect.stringMatching(/^\d{4}-.*Z$/), level: "info", message: "request", ...whole },
    ]);
  });

  test("is not written below the level that is wanted, and at each from there on", () => {
    const write = () => {
      log("debug", "upstream called");
      log("info", "request");
      log("warn", "job mended");
      log("error", "sweep failed");
    };
    const written = ["debug", "info", "warn", "error", "loud"].map((level) => {
      vi.stubEnv("LOG_LEVEL", level);
      const before = lines.all().length;
      write();
      return `${level} ${lines.all().length - before}`;
    });
    expect(written).toEqual(["debug 4", "info 3", "warn 2", "error 1", "loud 3"]);
  });

  const OF_ANOTHER_FORM: readonly [keyof LogFields, readonly unknown[]][] = [
    ["correlationId", [PASSWORD, `${correlationId} ${PASSWORD}`, `${PASSWORD}${correlationId}`, 42]],
    [
      "requestId",
      [PASSWORD, "hooli2016", `${requestId}${PASSWORD}`, `a${requestId}`, "hooli2016hooli201", 42],
    ],
    ["jobId", [PASSWORD, `${jobId}\n${PASSWORD}`, `/jobs/${jobId}`, "5e0c4c1e-6f0a-1c58-9a52-0c2f3a6f1b11"]],
    ["route", [PASSWORD, "/jobs/hooli2016", "create_connection", "Hooli", "a".repeat(21)]],
    ["task", [PASSWORD, "hooli2016", "https://bank.example"]],
    ["call", [PASSWORD, "GET /jobs/1", ""]],
    ["status", [PASSWORD, 2016, 99, 200.5, Number.NaN, -200, "200 OK"]],
    ["reason", [PASSWORD, "hooli2016", "no such user: gavin@hooli.example", "one\ntwo"]],
    ["errorName", [PASSWORD, "Error: hooli2016", "1234", "a".repeat(65), "two words"]],
    ["durationMs", [PASSWORD, 1.5, -1, Number.POSITIVE_INFINITY, 1e10]],
  ];
  test.each(OF_ANOTHER_FORM)("leaves out what is no %s", (name, values) => {
    const holders = [PASSWORD, new Secret(PASSWORD), [PASSWORD], { [name]: PASSWORD }, () => PASSWORD, null];
    for (const value of [...values, ...holders, [Reflect.get(whole, name)]]) {
      const given: LogFields = Object.assign({}, whole, { [name]: value });
      log("info", "request", given);
      const [line = {}] = lines.all().slice(-1);
      expect({ value, line }).toEqual({
        value,
        line: expect.not.objectContaining({ [name]: expect.anything() }),
      });
      expect(Object.keys(line)).toHaveLength(3 + Object.keys(whole).length - 1);
    }
    expect(lines.text()).not.toMatch(/hooli|Tr0ub4dor|secret/i);
  });

  test("leaves out every other member, and does not stumble over those that every object has", () => {
    const others = {
      password: PASSWORD,
      constructor: PASSWORD,
      toString: PASSWORD,
      time: PASSWORD,
      level: PASSWORD,
    };
    const given: LogFields = Object.assign({}, others, JSON.parse(`{ "__proto__": "${PASSWORD}" }`));
    log("info", "request", given);
    expect(lines.all().map((line) => Object.keys(line))).toEqual([["time", "level", "message"]]);
    expect(lines.text()).not.toContain(PASSWORD);
  });
});

describe("a piece of work", () => {
  test("gives its fields to all its lines, of metrics as well, and its job's id once it is known", async () => {
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

  test("keeps its fields from others that go on beside it", async () => {
    const ids = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all(
      ids.map((id, index) =>
        logAbout({ correlationId: id }, async () => {
          for (let turns = 0; turns <= index % 5; turns++) await Promise.resolve();
          log("info", "request", { durationMs: index });
        }),
      ),
    );
    expect(lines.all().toSorted((a, b) => Number(a["durationMs"]) - Number(b["durationMs"]))).toMatchObject(
      ids.map((id, durationMs) => ({ correlationId: id, durationMs })),
    );
  });

  test.each([
    undefined,
    "JKJaXmPLvHcESHA=",
    {},
    { requestContext: "JKJaXmPLvHcESHA=" },
    ...[PASSWORD, "", 42, null, "Tr0ub4dor&3hool=", "JKJaXmPLvHcESHA=\n", " JKJaXmPLvHcESHA="].map((id) => ({
      requestContext: { requestId: id },
    })),
  ])("takes nothing from an event that has no id of the gateway: %j", (event) => {
    expect(ofGateway(event)).toEqual({});
  });

  test("passes over what is no id of a job", () => {
    logAbout({ correlationId }, () => {
      for (const text of [PASSWORD, "", undefined, `${jobId}${PASSWORD}`]) aboutJob(text);
      log("info", "request");
    });
    expect(lines.all()).toEqual([expect.not.objectContaining({ jobId: expect.anything() })]);
  });
});

test("a metric's dimension is a name, or the metric is left out", () => {
  const laden = [PASSWORD, "", "a".repeat(65), undefined].map((is) => ({
    ...count("UpstreamErrors", "Institution", "AU00000"),
    is,
  }));
  logMeasured("Bank", [...laden, count("UpstreamErrors", "Institution", "AU00001")], new Date(0));
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
])("of an error only its name is taken: %o", (error, name) => {
  expect(nameOf(error)).toBe(name);
});
