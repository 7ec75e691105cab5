import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTokenRequest } from "../../functions/access/token-request.ts";
import { renderErrors } from "../../functions/http/errors.ts";
import { parseConnectionRequest, parseMfaRequest } from "../../functions/jobs/api/requests.ts";
import { LOGIN_FIELDS } from "../../functions/jobs/domain/login.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";

/** Long enough to be found nowhere by chance. */
const MARK = "z9Qx-marked";

const text = fc.oneof(
  fc.string({ unit: "binary" }).map((noise) => `${MARK}${noise}`),
  fc.constantFrom(`${MARK}\ud800`, `\udfff${MARK}`, `${MARK}\u0000`, `${MARK}${"x".repeat(20_000)}`),
);
const key = fc.oneof(
  text,
  fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "toJSON"),
  fc.constantFrom(...LOGIN_FIELDS, "institution", "id", "mfa-response"),
);
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    text,
    fc.constantFrom(null, true, 0, -1, 1e308, ""),
    fc.array(tie("value"), { maxLength: 4 }),
    tie("object"),
  ),
  object: fc.array(fc.tuple(key, tie("value")), { maxLength: 6 }).map(jsonObject),
}));

/** As the parser makes it of a body: `__proto__` is a key like any other. */
function jsonObject(entries: [string, unknown][]): object {
  const members = entries.map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? "null"}`,
  );
  return JSON.parse(`{${members.join(",")}}`);
}

/** Fails unless the only thing thrown is a refusal, whose reply holds nothing that was sent. */
function refusesAtMost(parse: () => unknown) {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    if (!(error instanceof Refusal)) return;
    const { status, body } = renderErrors("correlation", error.problems);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(JSON.stringify(body)).not.toContain(MARK);
    expect(`${error.message} ${error.stack}`).not.toContain(MARK);
  }
}

const objects = json.object.map((value): object => Object(value));
const runs = { numRuns: 200 };

test("a body of any shape for a connection is read or refused, and nothing else", () => {
  fc.assert(
    fc.property(objects, (body) => refusesAtMost(() => parseConnectionRequest(body))),
    runs,
  );
});

test("a body of any shape for an answer is read or refused, and nothing else", () => {
  const bodies = fc.oneof(
    objects,
    json.value.map((value) => jsonObject([["mfa-response", value]])),
  );
  fc.assert(
    fc.property(bodies, (body) => refusesAtMost(() => parseMfaRequest(body))),
    runs,
  );
});

test("a form of any shape for a token is read or refused, and nothing else", () => {
  const maybe = fc.option(text, { nil: undefined });
  const form = fc.oneof(
    text,
    text.map((noise) => `scope=${noise}`),
    text.map((noise) => `userId=${encodeURIComponent(noise.toWellFormed())}`),
    text.map((noise) => `%${noise}%zz&=&&__proto__=1`),
  );
  const version = fc.oneof(maybe, fc.constant("3.0"));
  const request = fc.record({ authorization: maybe, version, body: form });
  fc.assert(
    fc.property(request, (input) => refusesAtMost(() => parseTokenRequest(input))),
    runs,
  );
});

test("no prototype is touched, and none is read as a field", () => {
  const names = ["polluted", ...LOGIN_FIELDS, "institution", "mfa-response"];
  const evil = Object.fromEntries(names.map((name) => [name, "evil"]));
  const before = Object.getOwnPropertyNames(Object.prototype);
  for (const name of ["__proto__", "constructor", "prototype"]) {
    const body = jsonObject([
      [name, evil],
      ["loginId", "gavin"],
    ]);
    const { login } = parseConnectionRequest(body);
    expect(Object.keys(login)).toEqual(["loginId"]);
    expect(() => parseMfaRequest(body)).toThrow(Refusal);
  }
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(Reflect.get({}, "polluted")).toBeUndefined();
});
