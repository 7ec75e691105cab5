import type { Examples } from "../functions/openapi/responses.ts";
import { startExampleReceiver } from "./example-receiver.ts";
import { ExampleRecorder } from "./example-recorder.ts";
import { stableExamples } from "./stable-examples.ts";

export interface Running {
  apiUrl: string;
  sandboxUrl: string;
  apiKey: string;
}

/** Published test logins of the sandbox, and the banks that they are for. */
const HOOLI = { id: "AU00000" };
const PIED_PIPER = { id: "AU00002" };
const HOOLI_GOV = { id: "AU00004" };
const GAVIN = { loginId: "gavinBelson", password: "hooli2016" };
const JARED = { loginId: "jared", password: "django" };
const LOCKED = { loginId: "bighead", password: "password" };
const ANSWER = { body: { "mfa-response": ["1234"] } };
/** The sandbox makes the accounts of a user from the id: those of this id are the same in every run. */
const USER = "ea3a81";
const OTHER_USER = "8cda72";

/**
 * Makes calls to a fresh local mode, and returns the bodies that it sent and received. Stores a reply only in a state that lasts, so
 * that two runs return the same examples.
 */
export async function runExamples({ apiUrl, sandboxUrl, apiKey }: Running): Promise<Examples> {
  const recorder = new ExampleRecorder(apiUrl);
  await getTokens(recorder, apiKey);
  await createUser(recorder);
  await useTokenOfApp(recorder, apiKey, USER);
  await sendWrongRequests(recorder, USER);
  await readBanks(recorder);
  await receiveMessages(recorder, () => connectWithMfa(recorder, USER));
  await readHealth(recorder);
  await manageWebhooks(recorder);
  await refreshConnections(recorder, USER);
  await readData(recorder, USER);
  await refuseLogins(recorder);
  await waitInQueue(recorder, USER, (condition) => setBank(sandboxUrl, condition));
  await deleteUser(recorder, USER);
  return stableExamples(recorder.examples, apiUrl);
}

const headersOf = (apiKey: string) => ({ authorization: `Basic ${apiKey}`, "basiq-version": "2.1" });

async function getTokens(recorder: ExampleRecorder, apiKey: string): Promise<void> {
  const headers = headersOf(apiKey);
  const sent = { body: { scope: "SERVER_ACCESS" }, headers };
  recorder.token =
    (await recorder.record("issueToken", "backend", "POST", "/token", sent)).access_token ?? "";
  await recorder.refuse("POST", "/token", { headers: { ...headers, authorization: "Basic unknown" } });
  await recorder.refuse("POST", "/token", {
    text: "scope",
    headers: { ...headers, "content-type": "text/plain" },
  });
  await recorder.record("health", "up", "GET", "/health");
  await recorder.record("getEventType", "a type", "GET", "/events/types/job.mfa-required");
  await recorder.refuse("GET", "/events/types/job.unknown");
  await recorder.refuse("GET", `/events/${"0".repeat(64)}`);
  await recorder.refuse("GET", "/events?filter=unknown");
}

async function createUser(recorder: ExampleRecorder): Promise<void> {
  const body = { email: "gavin@hooli.com", mobile: "+61410888666", firstName: "Gavin", lastName: "Belson" };
  await recorder.record("createUser", "a user", "POST", "/users", { body });
}

async function useTokenOfApp(recorder: ExampleRecorder, apiKey: string, user: string): Promise<void> {
  const sent = { body: { scope: "CLIENT_ACCESS", userId: user }, headers: headersOf(apiKey) };
  const { access_token: token = "" } = await recorder.record("issueToken", "app", "POST", "/token", sent);
  await recorder.refuse("GET", `/users/${OTHER_USER}/jobs`, { token });
  await recorder.refuse("POST", `/users/${user}/connections/refresh`, { token });
}

async function sendWrongRequests(recorder: ExampleRecorder, user: string): Promise<void> {
  const connections = `/users/${user}/connections`;
  await recorder.refuse("GET", `/users/${user}/jobs`, { token: "unknown" });
  await recorder.refuse("GET", `/users/${user}/jobs?limit=0`);
  await recorder.refuse("POST", connections, { text: "{" });
  await recorder.refuse("POST", connections, { body: {} });
  await recorder.refuse("POST", connections, { text: JSON.stringify({ padding: "x".repeat(17_000) }) });
  await recorder.refuse("GET", "/jobs/00000000-0000-4000-8000-000000000000");
}

async function readBanks(recorder: ExampleRecorder): Promise<void> {
  const filter = "filter=institution.authorization.eq('token')";
  await recorder.record("getInstitution", "a bank with MFA", "GET", `/institutions/${PIED_PIPER.id}`);
  await recorder.record("listPublicInstitutions", "one bank", "GET", `/public/institutions?${filter}`);
  await recorder.record("getConnector", "a bank with MFA", "GET", `/connectors/${PIED_PIPER.id}/web`);
}

async function connectWithMfa(recorder: ExampleRecorder, user: string): Promise<void> {
  const connections = `/users/${user}/connections`;
  const body = { ...JARED, institution: PIED_PIPER };
  const { id = "" } = await recorder.record("createConnection", "bank with MFA", "POST", connections, {
    body,
  });
  const asked = await recorder.until(id, (steps) => steps.some(({ result }) => result?.links));
  recorder.store("getJob", "waiting for an answer", {}, asked);
  recorder.store(
    "createConnection",
    "a job is in progress",
    {},
    await recorder.call("POST", connections, { body }),
  );
  await recorder.call("POST", `/jobs/${id}/mfa`, ANSWER);
  recorder.store("getJob", "succeeded", {}, await recorder.untilOver(id));
  await recorder.record("answerMfa", "a code", "POST", `/jobs/${id}/mfa`, ANSWER);
  await recorder.refuse("POST", `/jobs/${id}/resume`);
  await recorder.refuse("DELETE", `/jobs/${id}`);
  await recorder.record("listJobs", "newest job", "GET", `/users/${user}/jobs?limit=1`);
  await recorder.record("listConnections", "one connection", "GET", connections);
}

/** Reads the health of the bank at which a job has just succeeded, as soon as the attempt is counted. */
async function readHealth(recorder: ExampleRecorder): Promise<void> {
  const path = `/institutions/${PIED_PIPER.id}/health`;
  await recorder.untilReply(path, ({ attempts }) => attempts?.succeeded === 1);
  await recorder.record("institutionHealth", "a job has succeeded", "GET", path);
}

const WEBHOOKS = "/notifications/webhooks";
const TEST = "/notifications/messages/test";

/** Types of events that no run makes. */
const NOT_MADE = [
  "account.updated",
  "connection.created",
  "consent.expired",
  "institution.down",
  "transactions.updated",
  "user.created",
];

/** Stores what webhooks receive during `work`, and test messages of the events that `work` does not make. */
async function receiveMessages(recorder: ExampleRecorder, work: () => Promise<void>): Promise<void> {
  const receiver = await startExampleReceiver();
  const create = (path: string, body: object) =>
    recorder.call("POST", WEBHOOKS, { body: { url: receiver.url + path, ...body } });
  const webhooks = [
    await create("/full", { payload: "full" }),
    await create("/thin", {}),
    await create("/gone", { subscribedEvents: "user.created" }),
  ];
  await work();
  for (const eventTypeId of NOT_MADE) {
    await recorder.call("POST", TEST, { body: { eventTypeId, Text: "Hello" } });
  }
  const store = async (name: string, path: string, ...types: string[]) => {
    for (const type of types) {
      recorder.storeMessage(type.split(".")[0] ?? "", name, await receiver.messageOf(path, type));
    }
  };
  await store("thin", "/thin", "job.mfa-required", "webhook.disabled");
  await store("full", "/full", "job.mfa-required", "webhook.disabled");
  await store("a test message", "/full", ...NOT_MADE);
  for (const { json } of webhooks) await recorder.call("DELETE", `${WEBHOOKS}/${json.id}`);
  await receiver.close();
}

async function manageWebhooks(recorder: ExampleRecorder): Promise<void> {
  const eventTypeId = "job.succeeded";
  await recorder.refuse("POST", TEST, { body: { eventTypeId } });
  const url = "https://piper.com/connection-jobs/";
  const body = { name: "Ends of jobs", url, subscribedEvents: ["job.succeeded", "job.failed"] };
  const { id } = await recorder.record("createWebhook", "ends of jobs", "POST", WEBHOOKS, { body });
  const webhook = `${WEBHOOKS}/${id}`;
  await recorder.refuse("POST", WEBHOOKS, { body });
  await recorder.refuse("POST", WEBHOOKS, { body: { ...body, subscribedEvents: "job.exploded" } });
  await recorder.refuse("GET", `${WEBHOOKS}/unknown`);
  await recorder.record("listWebhooks", "one webhook", "GET", WEBHOOKS);
  await recorder.record("getWebhook", "ends of jobs", "GET", webhook);
  const full = { url, payload: "full" };
  await recorder.record("updateWebhook", "with the event", "POST", webhook, { body: full });
  const overlap = { body: { overlapSeconds: 3600 } };
  await recorder.record("rotateWebhookSecret", "an hour for both", "POST", `${webhook}/secret`, overlap);
  const period = { from: "2026-01-05T09:00:00Z", to: "2026-01-05T10:00:00Z" };
  await recorder.record("replayWebhookMessages", "nothing has failed", "POST", `${webhook}/replay`, {
    body: period,
  });
  await recorder.record("updateWebhook", "no messages", "POST", webhook, {
    body: { url, status: "disabled" },
  });
  await recorder.refuse("POST", `${webhook}/replay`, { body: period });
  await recorder.call("DELETE", webhook);
}

async function refreshConnections(recorder: ExampleRecorder, user: string): Promise<void> {
  const connections = `/users/${user}/connections`;
  const body = { ...GAVIN, institution: HOOLI };
  const { id = "" } = await recorder.record("createConnection", "bank without MFA", "POST", connections, {
    body,
  });
  const { json } = await recorder.untilOver(id);
  const connection = `${connections}/${json.links?.source?.split("/").at(-1)}`;
  await recorder.refuse("POST", `/jobs/${id}/mfa`, ANSWER);
  await recorder.record("getConnection", "active", "GET", connection);
  const password = { body: { password: GAVIN.password } };
  const updated = await recorder.record("updateConnection", "new password", "POST", connection, password);
  await recorder.untilOver(updated.id ?? "");
  const again = await recorder.record("refreshConnection", "one connection", "POST", `${connection}/refresh`);
  await recorder.untilOver(again.id ?? "");
  const all = await recorder.record(
    "refreshConnections",
    "all connections",
    "POST",
    `${connections}/refresh`,
  );
  for (const { id: jobId = "" } of all.data ?? []) await recorder.call("DELETE", `/jobs/${jobId}`);
}

async function readData(recorder: ExampleRecorder, user: string): Promise<void> {
  const accounts = await recorder.record(
    "listAccounts",
    "accounts of a bank",
    "GET",
    `/users/${user}/accounts?filter=institution.id.eq('${HOOLI.id}')`,
  );
  const [account] = accounts.data ?? [];
  await recorder.record("getAccount", "an account", "GET", `/users/${user}/accounts/${account?.id}`);
  const page = await recorder.record(
    "listTransactions",
    "first page",
    "GET",
    `/users/${user}/transactions?limit=2`,
  );
  const [transaction] = page.data ?? [];
  await recorder.record(
    "getTransaction",
    "a transaction",
    "GET",
    `/users/${user}/transactions/${transaction?.id}`,
  );
}

async function refuseLogins(recorder: ExampleRecorder): Promise<void> {
  const connections = `/users/${OTHER_USER}/connections`;
  const body = { ...LOCKED, institution: HOOLI };
  for (const login of ["first", "second", "third"]) {
    const { json } = await recorder.call("POST", connections, { body });
    const failed = await recorder.untilOver(json.id ?? "");
    if (login === "first") recorder.store("getJob", "failed", {}, failed);
  }
  await recorder.refuse("POST", connections, { body });
}

async function waitInQueue(
  recorder: ExampleRecorder,
  user: string,
  setCondition: (condition: object) => Promise<void>,
): Promise<void> {
  await setCondition({ status: "major-outage", outage: "refuse" });
  const connections = `/users/${user}/connections`;
  const headers = { "idempotency-key": "example" };
  const sent = { body: { ...GAVIN, institution: HOOLI_GOV }, headers };
  const { json } = await recorder.call("POST", connections, sent);
  const id = json.id ?? "";
  const queued = await recorder.until(id, (steps) =>
    steps.some(({ result }) => result?.code === "temporary-unavailable-queued"),
  );
  recorder.store("getJob", "queued", {}, queued);
  await recorder.refuse("POST", connections, { body: { ...JARED, institution: HOOLI_GOV }, headers });
  await recorder.record("resumeJob", "next attempt", "POST", `/jobs/${id}/resume`);
  await recorder.record("cancelJob", "cancelled", "DELETE", `/jobs/${id}`);
  await setCondition({ status: "operational" });
}

async function setBank(sandboxUrl: string, condition: object): Promise<void> {
  await fetch(`${sandboxUrl}/_control/institutions/${HOOLI_GOV.id}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(condition),
  });
}

async function deleteUser(recorder: ExampleRecorder, user: string): Promise<void> {
  await recorder.record("getUser", "a user", "GET", `/users/${user}`);
  const mobile = { body: { mobile: "+61410888999" } };
  await recorder.record("updateUser", "a new number", "POST", `/users/${user}`, mobile);
  await recorder.record("eraseUser", "erased", "DELETE", `/users/${user}`);
}
