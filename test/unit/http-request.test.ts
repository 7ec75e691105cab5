import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { readHttpRequest, requireForm, requireJson } from "../../functions/http/request.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";

const FORM = "application/x-www-form-urlencoded";

const sent = (body: string, type?: string) =>
  readHttpRequest({
    rawPath: "/",
    headers: { "Content-Type": type },
    body,
    requestContext: { http: { method: "POST" } },
  });

function refusalOf(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

const reasonOf = (work: () => unknown) => {
  const error = refusalOf(work);
  return error instanceof Refusal ? error.problems[0].reason : error;
};

describe("a form", () => {
  test.each([undefined, "", FORM, `${FORM}; charset=utf-8`, FORM.toUpperCase()])(
    "may be of type %j",
    (type) => {
      expect(reasonOf(() => requireForm(sent("", type)))).toBeUndefined();
    },
  );

  test.each(["application/json", "text/plain", "multipart/form-data; boundary=x", `x${FORM}`])(
    "of type %j would go unread, and is refused",
    (type) => {
      expect(reasonOf(() => requireForm(sent("", type)))).toBe("content-type-not-form");
    },
  );
});

describe("a JSON body", () => {
  test.each(["application/json", "application/json; charset=utf-8", "Application/JSON"])(
    "may be of type %j",
    (type) => {
      expect(reasonOf(() => requireJson(sent("{}", type)))).toBeUndefined();
    },
  );

  test.each([undefined, "", FORM, "text/json", "application/jsonp"])("may not be of type %j", (type) => {
    expect(reasonOf(() => requireJson(sent("{}", type)))).toBe("content-type-not-json");
  });

  test.each(['{"password":"hooli2016"', "hooli2016", '["hooli2016"]', '"hooli2016"', "null", ""])(
    "that is %j is refused, and nothing of it is kept in the refusal",
    (body) => {
      const error = refusalOf(() => sent(body).jsonObject());
      expect(error).toBeInstanceOf(Refusal);
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain("hooli2016");
    },
  );
});
