import { randomUUID } from "node:crypto";
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { dynamoApiKeyRegister } from "../../../functions/access/api-key-register.ts";
import { RATE_LIMITS, type RateLimit } from "../../../functions/access/rate-limit.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { findTable } from "../../../infra/cli/keys/find-table.ts";
import { HOOLI, RAVIGA } from "../../journeys/logins.ts";
import { serverClaims, tokenMaker } from "../access/tokens.ts";
import type { AwsCall } from "../support/aws-recorder.ts";
import type { CanaryRegister } from "./canary-register.ts";
import { type CanaryWorld, TIME_SCALE } from "./canary-world.ts";

/** A request that our API has to refuse, with the status of the reply. */
interface RefusedRequest {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Its challenge may be over when it arrives. */
  readonly mayBeLate: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What requests can name. */
interface Known extends BeyondLimits {
  readonly apiKey: string;
  readonly server: string;
  /** The token of a user. */
  readonly client: string;
  readonly userId: string;
  /** Jobs of that user: one is over, one is at a challenge with one question. */
  readonly overJobId: string;
  readonly askingJobId: string;
}

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };
const BODY_LIMIT = 16 * 1024;

type Headers = Record<string, string>;

/** Each kind of refusal of each route, with canaries wherever a request has room for one. */
export function refusedRequests(register: CanaryRegister, known: Known): RefusedRequest[] {
  const { userId, server, client, overJobId, askingJobId } = known;
  const text = (what: string) => register.text(`refused ${what}`);
  const inPath = (what: string) => encodeURIComponent(text(what));
  const plain = (what: string) => register.plain(`refused ${what}`);
  const header = (what: string) => register.header(`refused ${what}`);
  const shared = { "x-more": header("header"), cookie: `session=${plain("cookie")}` };
  const query = `?password=${inPath("query")}`;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}`, ...JSON_TYPE, ...shared });

  const login = () => {
    return { loginId: text("login"), password: text("password"), securityCode: text("security code") };
  };
  const more = () => ({ more: text("field") });
  const request = (name: string, status: number, method: string, path: string, headers: Headers) => {
    const whole = path.includes("?") ? path : `${path}${query}`;
    return { name, status, method, path: whole, headers, mayBeLate: false };
  };
  const trade = (name: string, status: number, headers: Headers, form: Headers = {}): RefusedRequest => {
    const usual = { authorization: `Basic ${known.apiKey}`, "basiq-version": "3.0", ...FORM_TYPE, ...shared };
    const sent = request(`token: ${name}`, status, "POST", "/token", { ...usual, ...headers });
    return { ...sent, body: String(new URLSearchParams(form)) };
  };
  const linkOf = `/users/${userId}/auth_link`;
  const page = (name: string, status: number, line: string, headers: Headers = {}) => {
    const [method = "", path = ""] = line.split(" ");
    const cookie = `link-browser=${plain("cookie")}; link-session=${plain("cookie")}`;
    return request(`page: ${name}`, status, method, path, { ...shared, cookie, ...headers });
  };
  const connectionsOf = (user: string) => `/users/${user}/connections`;
  const connections = connectionsOf(userId);
  const create = (name: string, status: number, body: string, headers: Headers = {}, user = userId) => {
    const all = { ...bearer(server), ...headers };
    return { ...request(`create: ${name}`, status, "POST", connectionsOf(user), all), body };
  };
  const json = (body: object) => JSON.stringify({ institution: { id: HOOLI }, ...body });
  const call = (name: string, status: number, line: string, body?: object, token = server) => {
    const [method = "", path = ""] = line.split(" ");
    const sent = request(name, status, method, path, bearer(token));
    return { ...sent, ...(body !== undefined && { body: JSON.stringify(body) }) };
  };
  const unknownConnection = `POST ${connections}/${randomUUID()}`;
  const malformedConnection = () => `POST ${connections}/${inPath("connection")}`;
  const unknownJob = `/jobs/${randomUUID()}`;
  const overJob = `/jobs/${overJobId}`;
  const answers = () => ({ "mfa-response": [text("answer")] });
  const answer = (name: string, body: object) => {
    return { ...call(`answer: ${name}`, 400, `POST /jobs/${askingJobId}/mfa`, body), mayBeLate: true };
  };

  return [
    trade("rate limit", 429, { authorization: `Basic ${known.limitedKey}` }, more()),
    trade("unknown key", 404, { authorization: `Basic ${header("API key")}` }),
    trade("no key", 404, { authorization: `Bearer ${header("API key")}` }),
    trade("version", 400, { "basiq-version": plain("version") }),
    trade("scope", 400, {}, { scope: text("scope") }),
    trade("user", 400, {}, { scope: "CLIENT_ACCESS", userId: text("user") }),
    trade("no user", 400, {}, { scope: "CLIENT_ACCESS", ...more() }),
    trade("type", 415, { "content-type": "text/plain" }, { scope: text("scope") }),
    trade("no JSON", 400, JSON_TYPE, { scope: text("scope") }),
    { ...trade("JSON", 400, JSON_TYPE), body: JSON.stringify({ scope: text("scope") }) },
    trade("size", 413, {}, { scope: text("scope").padEnd(BODY_LIMIT + 1, "x") }),

    create("no JSON", 400, `{"password": "${text("password")}`),
    create("no object", 400, JSON.stringify([text("password")])),
    create("nothing", 400, JSON.stringify(more())),
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
    create("rate limit", 429, json(login()), {}, known.limitedUserId),
    create("KMS is down", 503, json(login()), {}, known.unsealedUserId),
    create("forged token", 401, json(login()), { authorization: `Bearer ${header("token")}` }),
    create("tampered token", 401, json(login()), {
      authorization: `Bearer ${server.slice(0, -20)}${plain("signature").slice(0, 20)}`,
    }),
    create("another's token", 401, json(login()), bearer(client), randomUUID()),
    create("malformed user", 400, json(login()), {}, inPath("user")),

    call("update: unknown", 404, unknownConnection, login()),
    call("update: malformed", 404, malformedConnection(), login()),
    call("update: nothing", 400, unknownConnection, { password: [text("password")] }),
    call("refresh: unknown", 404, `${unknownConnection}/refresh`, more()),
    call("refresh: malformed", 404, `${malformedConnection()}/refresh`),
    call("refresh all: client", 403, `POST ${connections}/refresh`, more(), client),
    call("list: filter", 400, `GET /users/${userId}/jobs?filter=${inPath("filter")}`),
    call("list: limit", 400, `GET /users/${userId}/jobs?limit=${plain("limit")}`),
    call("list: next", 400, `GET /users/${userId}/jobs?next=${inPath("next")}`),
    call("list: another's", 401, `GET /users/${randomUUID()}/jobs`, undefined, client),
    call("read: unknown", 404, `GET ${unknownJob}`),
    call("read: malformed", 404, `GET /jobs/${inPath("job")}`),
    call("read: forged", 401, `GET ${overJob}`, undefined, plain("token")),
    call("changes: unknown", 404, `GET ${unknownJob}/changes?wait=0`),
    call("changes: wait", 400, `GET ${overJob}/changes?wait=${plain("wait")}`),
    call("changes: while", 400, `GET ${overJob}/changes?while=${plain("while")}`),
    call("health: unknown", 404, `GET /institutions/${plain("bank")}/health`),
    call("health: malformed", 404, `GET /institutions/${inPath("bank")}/health`),
    call("health: client", 403, `GET /institutions/${plain("bank")}/health`, undefined, client),
    call("cancel: unknown", 404, `DELETE ${unknownJob}`),
    call("cancel: over", 409, `DELETE ${overJob}`, more()),
    call("resume: unknown", 404, `POST ${unknownJob}/resume`, more()),
    call("resume: over", 409, `POST ${overJob}/resume`, more()),
    call("answer: unknown", 404, `POST ${unknownJob}/mfa`, answers()),
    call("answer: malformed", 404, `POST /jobs/${inPath("job")}/mfa`, answers()),
    call("answer: over", 409, `POST ${overJob}/mfa`, answers()),
    answer("too many", { "mfa-response": [text("answer"), text("answer")] }),
    answer("no list", { "mfa-response": text("answer") }),
    answer("wrong type", { "mfa-response": [{ is: text("answer") }] }),
    answer("no field", { answer: text("answer") }),
    answer("too long", { "mfa-response": [text("answer").padEnd(5000, "z")] }),

    call("link: action", 400, `POST ${linkOf}`, { action: text("action"), mobile: text("mobile") }),
    call("link: address", 400, `POST ${linkOf}`, {
      returnUrl: `https://${plain("address")}.example/`,
      state: text("state"),
    }),
    call("link: types", 400, `POST ${linkOf}`, { mobile: [text("mobile")], state: { is: text("state") } }),
    call("link: client", 403, `GET ${linkOf}`, undefined, client),
    page("unknown link", 404, `GET /c/${plain("link")}`),
    page("malformed link", 404, `GET /c/${inPath("link")}`),
    page("another origin", 403, `POST /c/${plain("link")}`, { origin: `https://${plain("origin")}.example` }),
    page("no session", 403, `GET /consent/return?jobIds=${inPath("job")}&state=${inPath("state")}`),

    call("unknown route", 404, `POST /${plain("route")}/${inPath("route")}`, login()),
    call("unknown method", 405, `PUT ${connections}`, login()),
    call("unknown method of a job", 405, `PATCH ${overJob}`, login()),
  ];
}

const WINDOW_MS = 300_000;
/** Far more than the suite takes: 38 minutes of them. */
const WINDOWS = 60;
const [TWO_HOURS, ONE_HOUR] = [7_200, 3_600];

/** Credentials and users whose every request is refused. */
interface BeyondLimits {
  /** An API key and a user that have reached their rate limits. */
  readonly limitedKey: string;
  readonly limitedUserId: string;
  /** KMS seals nothing of this user. */
  readonly unsealedUserId: string;
  /** A token of ours that expired an hour ago. */
  readonly expired: string;
}

export async function beyondLimits({ register, system, recorder }: CanaryWorld): Promise<BeyondLimits> {
  const { client, tableName } = await findTable({ local: system.apiUrl });
  const limitedKey = register.header("API key");
  const limitedUserId = randomUUID();
  const keys = dynamoApiKeyRegister(client, tableName);
  const { id } = await keys.add(new Secret(limitedKey), "another", new Date());
  const window = Math.floor((Date.now() * TIME_SCALE) / WINDOW_MS);
  const fill = (limit: RateLimit, of: string, number: number) => {
    const Item = { pk: { S: `rate#${limit}#${of}#${number}` }, requests: { N: String(RATE_LIMITS[limit]) } };
    return client.send(new PutItemCommand({ TableName: tableName, Item }));
  };
  for (let number = window; number < window + WINDOWS; number++)
    await Promise.all([fill("token", id, number), fill("user", limitedUserId, number)]);
  client.destroy();

  const unsealedUserId = randomUUID();
  const isSealing = ({ operation, request }: AwsCall) =>
    operation === "Encrypt" && Object(request["EncryptionContext"]).userId === unsealedUserId;
  recorder.failAll(isSealing, "KMSInternalException", 500);

  const [key] = system.deployed.keys.filter(({ spec }) => spec !== "SYMMETRIC_DEFAULT");
  const now = Math.floor(Date.now() / 1000);
  const claims = { ...serverClaims(), iat: now - TWO_HOURS, exp: now - ONE_HOUR };
  const expired = await tokenMaker(key?.keyId ?? "").signed(claims);
  register.made("refused token", expired);
  return { limitedKey, limitedUserId, unsealedUserId, expired };
}
