import { randomUUID } from "node:crypto";
import { RAVIGA } from "../../journeys/logins.ts";
import type { CanaryRegister } from "./canary-register.ts";
import { BODY_LIMIT, JSON_TYPE, type Known, type RefusedRequest, refusalParts } from "./refusal-parts.ts";

/** Each kind of refusal of each route, with canaries wherever there is room for one. */
export function refusedRequests(register: CanaryRegister, known: Known): RefusedRequest[] {
  const { userId, server, client, overJobId, askingJobId, limitedKey, limitedUserId, unsealedUserId } = known;
  const {
    text,
    plain,
    header,
    login,
    bearer,
    connections,
    unknownConnection,
    unknownJob,
    create,
    json,
    trade,
    call,
    late,
    answers,
  } = refusalParts(register, known);

  return [
    trade("one too many", 429, { authorization: `Basic ${limitedKey}` }, { more: text("field") }),
    trade("unknown key", 404, { authorization: `Basic ${header("API key")}` }),
    trade("no key", 404, { authorization: `Bearer ${header("API key")}` }),
    trade("version", 400, { "basiq-version": plain("version") }),
    trade("scope", 400, {}, { scope: text("scope") }),
    trade("user", 400, {}, { scope: "CLIENT_ACCESS", userId: text("user") }),
    trade("no user", 400, {}, { scope: "CLIENT_ACCESS", more: text("field") }),
    trade("type", 415, JSON_TYPE, { scope: text("scope") }),
    trade("size", 413, {}, { scope: text("scope").padEnd(BODY_LIMIT + 1, "x") }),
    create("no JSON", 400, `{"password": "${text("password")}`),
    create("no object", 400, JSON.stringify([text("password")])),
    create("nothing", 400, JSON.stringify({ more: text("field") })),
    create("no password", 400, json({ loginId: text("login") })),
    create("no login", 400, json({ password: text("password") })),
    create("wrong type", 400, json({ ...login(), password: [text("password")] })),
    create(
      "wrong types",
      400,
      json({ loginId: { id: text("login") }, password: { [text("name")]: text("password") } }),
    ),
    create("unknown bank", 400, json({ ...login(), institution: { id: plain("bank") } })),
    create("malformed bank", 400, json({ ...login(), institution: { id: text("bank") } })),
    create(
      "no code",
      400,
      json({ loginId: text("login"), password: text("password"), institution: { id: RAVIGA } }),
    ),
    create(
      "long login",
      400,
      json({ ...login(), secondaryLoginId: text("secondary login").padEnd(5000, "y") }),
    ),
    create("size", 413, json({ ...login(), more: "x".repeat(BODY_LIMIT) })),
    create("type", 415, json(login()), { "content-type": "text/plain" }),
    create("key", 400, json(login()), { "idempotency-key": header("Idempotency-Key").padEnd(256, "k") }),
    create("no token", 401, json(login()), { authorization: "" }),
    create("no Bearer", 401, json(login()), { authorization: header("authorization") }),
    create("expired token", 403, json(login()), bearer(known.expired)),
    { ...create("one too many", 429, json(login())), path: `/users/${limitedUserId}/connections` },
    { ...create("KMS is down", 503, json(login())), path: `/users/${unsealedUserId}/connections` },
    create("forged token", 401, json(login()), { authorization: `Bearer ${header("token")}` }),
    create("tampered token", 401, json(login()), {
      authorization: `Bearer ${server.slice(0, -20)}${plain("signature").slice(0, 20)}`,
    }),
    {
      ...create("another's token", 401, json(login()), bearer(client)),
      path: `/users/${randomUUID()}/connections`,
    },
    {
      ...create("malformed user", 400, json(login())),
      path: `/users/${encodeURIComponent(text("user"))}/connections`,
    },
    call("update: unknown", 404, "POST", unknownConnection, login()),
    call(
      "update: malformed",
      404,
      "POST",
      `${connections}/${encodeURIComponent(text("connection"))}`,
      login(),
    ),
    call("update: nothing", 400, "POST", unknownConnection, { password: [text("password")] }),
    call("refresh: unknown", 404, "POST", `${unknownConnection}/refresh`, { more: text("field") }),
    call(
      "refresh: malformed",
      404,
      "POST",
      `${connections}/${encodeURIComponent(text("connection"))}/refresh`,
    ),
    call("refresh all: client", 403, "POST", `${connections}/refresh`, { more: text("field") }, client),
    call("list: filter", 400, "GET", `/users/${userId}/jobs?filter=${encodeURIComponent(text("filter"))}`),
    call("list: limit", 400, "GET", `/users/${userId}/jobs?limit=${plain("limit")}`),
    call("list: next", 400, "GET", `/users/${userId}/jobs?next=${encodeURIComponent(text("next"))}`),
    call("list: another's", 401, "GET", `/users/${randomUUID()}/jobs`, undefined, client),
    call("read: unknown", 404, "GET", unknownJob),
    call("read: malformed", 404, "GET", `/jobs/${encodeURIComponent(text("job"))}`),
    call("read: forged", 401, "GET", `/jobs/${overJobId}`, undefined, plain("token")),
    call("cancel: unknown", 404, "DELETE", unknownJob),
    call("cancel: over", 409, "DELETE", `/jobs/${overJobId}`, { more: text("field") }),
    call("resume: unknown", 404, "POST", `${unknownJob}/resume`, { more: text("field") }),
    call("resume: over", 409, "POST", `/jobs/${overJobId}/resume`, { more: text("field") }),
    call("answer: unknown", 404, "POST", `${unknownJob}/mfa`, answers()),
    call("answer: malformed", 404, "POST", `/jobs/${encodeURIComponent(text("job"))}/mfa`, answers()),
    call("answer: over", 409, "POST", `/jobs/${overJobId}/mfa`, answers()),
    late(
      call("answer: too many", 400, "POST", `/jobs/${askingJobId}/mfa`, {
        "mfa-response": [text("answer"), text("answer")],
      }),
    ),
    late(
      call("answer: no list", 400, "POST", `/jobs/${askingJobId}/mfa`, { "mfa-response": text("answer") }),
    ),
    late(
      call("answer: wrong type", 400, "POST", `/jobs/${askingJobId}/mfa`, {
        "mfa-response": [{ is: text("answer") }],
      }),
    ),
    late(call("answer: no field", 400, "POST", `/jobs/${askingJobId}/mfa`, { answer: text("answer") })),
    late(
      call("answer: too long", 400, "POST", `/jobs/${askingJobId}/mfa`, {
        "mfa-response": [text("answer").padEnd(5000, "z")],
      }),
    ),
    call("unknown route", 404, "POST", `/${plain("route")}/${encodeURIComponent(text("route"))}`, login()),
    call("unknown method", 405, "PUT", connections, login()),
    call("unknown method of a job", 405, "PATCH", `/jobs/${overJobId}`, login()),
  ];
}
