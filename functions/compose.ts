import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { dynamoApiKeys } from "./access/api-keys.ts";
import { dynamoRequestCounts } from "./access/request-counts.ts";
import { kmsTokenIssuer, kmsTokenVerifier } from "./access/tokens.ts";
import { basiqBanks } from "./aggregators/basiq/banks.ts";
import { basiq } from "./aggregators/basiq/basiq.ts";
import { basiqEvents } from "./aggregators/basiq/events.ts";
import { basiqLinks } from "./aggregators/basiq/links.ts";
import { basiqPassing } from "./aggregators/basiq/passing.ts";
import { basiqTransport } from "./aggregators/basiq/transport.ts";
import { cachedBanks } from "./aggregators/cached-banks.ts";
import { cachedInstitutions } from "./aggregators/cached-institutions.ts";
import {
  measuredBanks,
  measuredLinkUpstream,
  measuredPassing,
  measuredUpstream,
  measuredUpstreamEvents,
} from "./aggregators/measured-upstream.ts";
import { dynamoEventEraser } from "./events/store/event-eraser.ts";
import { dynamoEventReader } from "./events/store/event-reader.ts";
import { dynamoEventWriter } from "./events/store/event-writer.ts";
import { dynamoInstitutionStates } from "./institutions/store/institution-states.ts";
import { dynamoTraffic } from "./institutions/store/traffic.ts";
import { dynamoWaitingJobs } from "./institutions/store/waiting-jobs.ts";
import { DEFAULT_ANSWER_WAIT_SECONDS } from "./jobs/domain/challenge.ts";
import { DEFAULT_FOLLOW_LIMIT_MINUTES, DEFAULT_FOLLOW_SLICE_SECONDS } from "./jobs/domain/following.ts";
import { DEFAULT_CONCURRENCY } from "./jobs/domain/outage.ts";
import { DEFAULT_MAX_RUNNING_JOBS } from "./jobs/domain/running.ts";
import { DEFAULT_RETENTION_DAYS } from "./jobs/domain/times-to-live.ts";
import { DEFAULT_WAITERS } from "./jobs/domain/waiting.ts";
import { dynamoClaims } from "./jobs/store/claims.ts";
import { dynamoErasures } from "./jobs/store/erasures.ts";
import { sfnExecutions, sfnWaker } from "./jobs/store/executions.ts";
import { sealedFingerprints } from "./jobs/store/fingerprints.ts";
import { dynamoJobList } from "./jobs/store/job-list.ts";
import { dynamoJobStore, measuredJobStore } from "./jobs/store/job-store.ts";
import { dynamoOutages } from "./jobs/store/outages.ts";
import { dynamoRefusedLogins } from "./jobs/store/refused-logins.ts";
import { dynamoReservations } from "./jobs/store/reservations.ts";
import { dynamoSweptJobs } from "./jobs/store/swept-jobs.ts";
import { dynamoVault, kmsSealer } from "./jobs/store/vault.ts";
import { dynamoWaiterSlots, loggedWaiterSlots } from "./jobs/store/waiter-slots.ts";
import { dynamoCurrentLinks, dynamoOwnedLinks } from "./links/store/current-links.ts";
import { linkEraser as eraserOfLinks } from "./links/store/link-eraser.ts";
import { dynamoLinks } from "./links/store/links.ts";
import { newLinkId, newRandom } from "./links/store/random.ts";
import { parseBrand } from "./page/brand.ts";
import { siteOf } from "./page/site.ts";
import { replyCache } from "./pass-through/public.ts";
import { notingCalls } from "./platform/aws-call.ts";
import { BRAND_FILE, fileBesideBundle } from "./platform/bundle-files.ts";
import { systemClock } from "./platform/clock.ts";
import { environment, setting } from "./platform/environment.ts";
import { logCall, logMeasured, logSlotFailure } from "./platform/log.ts";
import { emfMetrics } from "./platform/metrics.ts";
import { secretsManagerSecret } from "./platform/secrets-manager.ts";
import { MAX_ENDPOINTS } from "./webhooks/domain/endpoint.ts";
import { REPLY_WITHIN_MS } from "./webhooks/domain/retries.ts";
import { loopbackReceivers } from "./webhooks/sending/loopback-receivers.ts";
import { requireReceiver } from "./webhooks/sending/receiver-url.ts";
import { httpsSender } from "./webhooks/sending/send.ts";
import { newEndpointSecret } from "./webhooks/sending/sign.ts";
import { dynamoEndpointSecrets } from "./webhooks/store/endpoint-secrets.ts";
import { dynamoEndpointStates } from "./webhooks/store/endpoint-states.ts";
import { dynamoEndpoints } from "./webhooks/store/endpoints.ts";
import { messageEraser } from "./webhooks/store/message-eraser.ts";
import { dynamoMessages } from "./webhooks/store/messages.ts";
import { dynamoUpstreamMessages } from "./webhooks/store/upstream-messages.ts";
import { lambdaWaker } from "./webhooks/store/waker.ts";
import { signatureCheck } from "./webhooks/upstream/signature.ts";

/*
 * The composition root. It creates each dependency at its first use, from the environment of the function that uses
 * it. An entry names its own dependencies; the others are marked as pure, so that the bundler leaves them out.
 */

/** Returns a function that creates a value at its first call, and returns the same value at later calls. */
export function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** In milliseconds. The AWS clients retry a request that exceeds these limits. */
const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

const dynamo = /* @__PURE__ */ once(() => {
  const client = new DynamoDBClient({ requestHandler });
  client.middlewareStack.add(notingCalls);
  return client;
});
const kms = /* @__PURE__ */ once(() => {
  const client = new KMSClient({ requestHandler });
  client.middlewareStack.add(notingCalls);
  return client;
});
const secretsManager = /* @__PURE__ */ once(() => {
  const client = new SecretsManagerClient({ requestHandler, maxAttempts: 2 });
  client.middlewareStack.add(notingCalls);
  return client;
});
const sfn = /* @__PURE__ */ once(() => {
  const client = new SFNClient({ requestHandler });
  client.middlewareStack.add(notingCalls);
  return client;
});

export const newId = randomUUID;

const timeScale = /* @__PURE__ */ once(() => Number(setting("TIME_SCALE") ?? 1));

export const clock = /* @__PURE__ */ once(() => systemClock(timeScale()));

export const metrics = /* @__PURE__ */ once(() => ({
  ...emfMetrics({
    namespace: () => setting("METRICS_NAMESPACE"),
    monitoring: () => (setting("MONITORING") === "basic" ? "basic" : "full"),
    write: logMeasured,
  }),
  called: logCall,
}));

const jobsTable = () => environment("JOBS_TABLE");

const jobsOptions = /* @__PURE__ */ once(() => ({
  client: dynamo(),
  tableName: jobsTable(),
  clock: clock(),
  retentionDays: Number(setting("RETENTION_DAYS") ?? DEFAULT_RETENTION_DAYS),
  newId,
}));

/** For functions that only read jobs: reads are not measured. */
export const jobStore = /* @__PURE__ */ once(() => dynamoJobStore(jobsOptions()));

export const jobs = /* @__PURE__ */ once(() => measuredJobStore(jobStore(), metrics()));

export const claims = /* @__PURE__ */ once(() => dynamoClaims(dynamo(), jobsTable(), clock()));

/** How many functions the account may run at once. */
export const functionConcurrency = /* @__PURE__ */ once(() =>
  Number(setting("CONCURRENCY") ?? DEFAULT_CONCURRENCY),
);

export const outages = /* @__PURE__ */ once(() => dynamoOutages(dynamo(), jobsTable(), clock()));

const refusedLogins = /* @__PURE__ */ once(() => dynamoRefusedLogins(dynamo(), jobsTable(), clock()));

export const requestCounts = /* @__PURE__ */ once(() => dynamoRequestCounts(dynamo(), jobsTable()));

export const erasures = /* @__PURE__ */ once(() => dynamoErasures(dynamo(), jobsTable(), clock()));

export const jobList = /* @__PURE__ */ once(() => dynamoJobList(dynamo(), jobsTable(), clock()));

export const sweptJobs = /* @__PURE__ */ once(() => dynamoSweptJobs(dynamo(), jobsTable(), clock()));

export const apiKeys = /* @__PURE__ */ once(() => dynamoApiKeys(dynamo(), jobsTable()));

export const sealer = /* @__PURE__ */ once(() => kmsSealer(kms(), environment("SEALING_KEY_ID")));

export const vault = /* @__PURE__ */ once(() =>
  dynamoVault({
    client: dynamo(),
    tableName: environment("SECRETS_TABLE"),
    sealer: sealer(),
    clock: clock(),
  }),
);

const reservations = /* @__PURE__ */ once(() => dynamoReservations(dynamo(), jobsTable(), clock()));

const fingerprints = /* @__PURE__ */ once(() => sealedFingerprints(sealer()));

export const tokenIssuer = /* @__PURE__ */ once(() => kmsTokenIssuer(kms(), environment("SIGNING_KEY_ID")));

export const tokenVerifier = /* @__PURE__ */ once(() =>
  kmsTokenVerifier(kms(), environment("SIGNING_KEY_ID")),
);

export const executions = /* @__PURE__ */ once(() => sfnExecutions(sfn(), environment("STATE_MACHINE_ARN")));

export const waker = /* @__PURE__ */ once(() => sfnWaker(sfn()));

const upstreamOptions = /* @__PURE__ */ once(() => ({
  baseUrl: environment("UPSTREAM_URL"),
  version: environment("UPSTREAM_VERSION"),
  apiKey: secretsManagerSecret(secretsManager(), environment("UPSTREAM_API_KEY_SECRET")),
  clock: clock(),
}));

const upstreamTransport = /* @__PURE__ */ once(() => basiqTransport(upstreamOptions()));

export const upstream = /* @__PURE__ */ once(() =>
  measuredUpstream(basiq(upstreamTransport(), environment("UPSTREAM_VERSION")), metrics()),
);

/** The aggregator's events and consents. */
export const upstreamEvents = /* @__PURE__ */ once(() =>
  measuredUpstreamEvents(basiqEvents(upstreamTransport()), metrics()),
);

const passing = /* @__PURE__ */ once(() => {
  const options = { ...upstreamOptions(), ourUrl: environment("API_URL"), isPublic: false };
  return measuredPassing(basiqPassing(options), metrics());
});

/** Separate from `passing`, so that a pause that the aggregator asks for stops only one of the two. */
const publicPassing = /* @__PURE__ */ once(() => {
  const options = { ...upstreamOptions(), ourUrl: environment("API_URL"), isPublic: true };
  return measuredPassing(basiqPassing(options), metrics());
});

export const eventReader = /* @__PURE__ */ once(() =>
  dynamoEventReader(dynamo(), environment("EVENTS_TABLE"), clock()),
);

/** Makes one attempt of at most two seconds. The stream repeats what fails. A late write would have a time that readers have passed. */
const eventsDynamo = /* @__PURE__ */ once(() => {
  const oneAttempt = { connectionTimeout: 500, requestTimeout: 1_500, throwOnRequestTimeout: true };
  const client = new DynamoDBClient({ requestHandler: oneAttempt, maxAttempts: 1 });
  client.middlewareStack.add(notingCalls);
  return client;
});

export const eventWriter = /* @__PURE__ */ once(() =>
  dynamoEventWriter(eventsDynamo(), environment("EVENTS_TABLE"), clock()),
);

/** The counts of attempts, by institution and minute. */
export const traffic = /* @__PURE__ */ once(() => dynamoTraffic(dynamo(), environment("EVENTS_TABLE")));

export const institutionStates = /* @__PURE__ */ once(() =>
  dynamoInstitutionStates(dynamo(), environment("EVENTS_TABLE")),
);

/** The dependencies of the function that returns the health of an institution. */
export const healthDeps = /* @__PURE__ */ once(() => ({
  clock: clock(),
  upstream: upstream(),
  states: institutionStates(),
  traffic: traffic(),
  waitingJobs: dynamoWaitingJobs(dynamo(), jobsTable()),
}));

export const eventEraser = /* @__PURE__ */ once(() =>
  dynamoEventEraser({
    client: dynamo(),
    tableName: environment("EVENTS_TABLE"),
    clock: clock(),
    eraseMessagesOf: messageEraser(webhookEndpoints(), messages()),
  }),
);

export const webhookEndpoints = /* @__PURE__ */ once(() =>
  dynamoEndpoints(dynamo(), environment("EVENTS_TABLE")),
);

export const endpointStates = /* @__PURE__ */ once(() =>
  dynamoEndpointStates(dynamo(), environment("EVENTS_TABLE"), clock()),
);

export const endpointSecrets = /* @__PURE__ */ once(() =>
  dynamoEndpointSecrets({ client: dynamo(), tableName: environment("SECRETS_TABLE"), sealer: sealer() }),
);

/** No message may go to the hosts of our own API. */
const receiverRules = /* @__PURE__ */ once(() => ({
  ownHosts: environment("OWN_URLS")
    .split(",")
    .map((url) => new URL(url).host),
  allowsLoopback: loopbackReceivers.areAllowed(),
}));

export const sender = /* @__PURE__ */ once(() =>
  httpsSender({ rules: receiverRules(), clock: clock(), replyWithinMs: REPLY_WITHIN_MS / timeScale() }),
);

const lambda = /* @__PURE__ */ once(() => {
  const client = new LambdaClient({ requestHandler });
  client.middlewareStack.add(notingCalls);
  return client;
});

const webhookWaker = /* @__PURE__ */ once(() => lambdaWaker(lambda(), environment("DELIVER_FUNCTION")));

/** The dependencies of every function that makes messages about events. */
export const fanOutDeps = /* @__PURE__ */ once(() => ({
  clock: clock(),
  endpoints: webhookEndpoints(),
  messages: messages(),
  waker: webhookWaker(),
}));

export const messages = /* @__PURE__ */ once(() =>
  dynamoMessages(dynamo(), environment("EVENTS_TABLE"), clock()),
);

export const apiUrl = /* @__PURE__ */ once(() => environment("API_URL"));

/** The dependencies of the function that owners of webhooks call. */
export const webhookDeps = /* @__PURE__ */ once(() => ({
  newId,
  clock: clock(),
  endpoints: webhookEndpoints(),
  secrets: endpointSecrets(),
  states: endpointStates(),
  messages: messages(),
  waker: webhookWaker(),
  requireReceiver: (url: string) => requireReceiver(url, receiverRules()),
  newSecret: newEndpointSecret,
  maxEndpoints: Number(setting("MAX_WEBHOOKS") ?? MAX_ENDPOINTS),
  tokenVerifier: tokenVerifier(),
}));

/** The messages of the aggregator's webhooks. */
export const upstreamMessages = /* @__PURE__ */ once(() =>
  dynamoUpstreamMessages(dynamo(), environment("EVENTS_TABLE"), clock()),
);

/** Checks the signatures of these messages; undefined in a deployment that takes no webhooks of the aggregator. */
export const upstreamSignature = /* @__PURE__ */ once(() => {
  const name = setting("UPSTREAM_WEBHOOK_SECRET");
  if (name === undefined) return undefined;
  return signatureCheck({ secret: secretsManagerSecret(secretsManager(), name), clock: clock() });
});

/** Institutions that may be a minute old. */
const institutions = /* @__PURE__ */ once(() => cachedInstitutions(upstream()));

/** Banks as people see them, which may be a minute old. */
const banks = /* @__PURE__ */ once(() =>
  cachedBanks(
    measuredBanks(basiqBanks(upstreamTransport(), environment("UPSTREAM_VERSION")), metrics()),
    clock(),
  ),
);

const followLimitMs = /* @__PURE__ */ once(
  () => Number(setting("FOLLOW_LIMIT_MINUTES") ?? DEFAULT_FOLLOW_LIMIT_MINUTES) * 60_000,
);

/** Whether jobs are queued, and for how long they are followed. */
const policy = /* @__PURE__ */ once(() => ({
  queues: setting("QUEUE") !== "off",
  followLimitMs: followLimitMs(),
  followSliceMs: Number(setting("FOLLOW_SLICE_SECONDS") ?? DEFAULT_FOLLOW_SLICE_SECONDS) * 1000,
}));

export const settings = /* @__PURE__ */ once(() => ({
  allowsUnboundClientTokens: setting("ALLOW_UNBOUND_CLIENT_TOKENS") === "true",
}));

/** For how long the reply to an MFA answer waits for the bank's decision. */
export const answerWaitMs = /* @__PURE__ */ once(
  () => Number(setting("ANSWER_WAIT_SECONDS") ?? DEFAULT_ANSWER_WAIT_SECONDS) * 1000,
);

/** The slots of the requests that wait for a change of a job. */
export const waiterSlots = /* @__PURE__ */ once(() => {
  const count = Number(setting("WAITERS") ?? DEFAULT_WAITERS);
  return loggedWaiterSlots(dynamoWaiterSlots(dynamo(), jobsTable(), clock(), count), logSlotFailure);
});

/** Who takes logins: our API, or only the aggregator's Consent UI. */
export const connect = /* @__PURE__ */ once(() =>
  setting("CONNECT") === "consent-ui" ? ("consent-ui" as const) : ("direct" as const),
);

/** The dependencies of every function that passes requests to the aggregator. */
export const passDeps = /* @__PURE__ */ once(() => ({
  tokenVerifier: tokenVerifier(),
  clock: clock(),
  requestCounts: requestCounts(),
  erasures: erasures(),
  passing: passing(),
  upstreamVersion: environment("UPSTREAM_VERSION"),
}));

export const publicDeps = /* @__PURE__ */ once(() => ({
  clock: clock(),
  requestCounts: requestCounts(),
  publicPassing: publicPassing(),
  publicReplies: replyCache(clock()),
}));

/** Options for rendering jobs as they were, in events. */
export const replyOptions = /* @__PURE__ */ once(() => {
  const stepResults = setting("STEP_RESULTS") === "list" ? ("list" as const) : ("object" as const);
  return { apiUrl: environment("API_URL"), stepResults };
});

/** Options for rendering jobs as they are now, in replies. */
export const jobReplyOptions = /* @__PURE__ */ once(() => ({ ...replyOptions(), clock: clock() }));

/** How many jobs may run at once; undefined without a limit. */
const maxRunning = /* @__PURE__ */ once(
  () => Number(setting("MAX_RUNNING_JOBS") ?? DEFAULT_MAX_RUNNING_JOBS) || undefined,
);

const beginningDeps = /* @__PURE__ */ once(() => ({
  newId,
  clock: clock(),
  jobs: jobStore(),
  claims: claims(),
  vault: vault(),
  executions: executions(),
  refusedLogins: refusedLogins(),
  sweptJobs: sweptJobs(),
  maxRunning: maxRunning(),
  roomMemory: {},
  upstream: upstream(),
  institutions: institutions(),
  requestCounts: requestCounts(),
  erasures: erasures(),
}));

/** The dependencies of every function that accepts jobs. */
export const acceptingDeps = /* @__PURE__ */ once(() => ({
  ...beginningDeps(),
  reservations: reservations(),
  fingerprints: fingerprints(),
  tokenVerifier: tokenVerifier(),
}));

const links = /* @__PURE__ */ once(() => dynamoLinks(dynamo(), jobsTable(), clock()));

const ownedLinksOptions = /* @__PURE__ */ once(() => ({
  client: dynamo(),
  tableName: environment("SECRETS_TABLE"),
  clock: clock(),
}));

export const linkEraser = /* @__PURE__ */ once(() =>
  eraserOfLinks(links(), dynamoOwnedLinks(ownedLinksOptions()), clock()),
);

const linkUpstream = /* @__PURE__ */ once(() =>
  measuredLinkUpstream(basiqLinks(upstreamTransport()), metrics()),
);

/** The dependencies of the function that companies ask for links. */
export const manageLinksDeps = /* @__PURE__ */ once(() => ({
  clock: clock(),
  links: links(),
  currentLinks: dynamoCurrentLinks({ ...ownedLinksOptions(), sealer: sealer() }),
  linkUpstream: linkUpstream(),
  upstream: upstream(),
  erasures: erasures(),
  newLinkId,
  connect: connect(),
  returnUrls: setting("RETURN_URLS")?.split(",") ?? [],
  tokenVerifier: tokenVerifier(),
}));

/** The dependencies of the function that serves the page of a link. */
export const openLinkDeps = /* @__PURE__ */ once(() => ({
  clock: clock(),
  links: links(),
  linkUpstream: linkUpstream(),
  requestCounts: requestCounts(),
  newRandom,
  connect: connect(),
  consentUiUrl: environment("CONSENT_UI_URL"),
}));

/** What all pages share. The deployment puts the file of its brand beside the bundle of each function that serves pages. */
export const site = /* @__PURE__ */ once(() =>
  siteOf({
    origin: new URL(apiUrl()).origin,
    appName: setting("APP_NAME"),
    brand: parseBrand(setting("PAGE_BRAND") ?? fileBesideBundle(BRAND_FILE.name)),
  }),
);

/** The dependencies of every function that serves the session of a link. */
export const sessionDeps = /* @__PURE__ */ once(() => ({ clock: clock(), links: links() }));

/** The dependencies of every function that adopts jobs which began at the aggregator. */
export const adoptDeps = /* @__PURE__ */ once(() => ({
  clock: clock(),
  jobs: jobStore(),
  jobList: jobList(),
  executions: executions(),
  upstream: upstream(),
  institutions: institutions(),
  policy: { followLimitMs: followLimitMs() },
}));

/** The dependencies of every function that may end a job. */
export const endDeps = /* @__PURE__ */ once(() => ({ jobs: jobs(), vault: vault() }));

/** The dependencies of every Task that follows a job. */
export const followDeps = /* @__PURE__ */ once(() => ({
  ...endDeps(),
  clock: clock(),
  upstream: upstream(),
  claims: claims(),
  refusedLogins: refusedLogins(),
  outages: outages(),
  policy: policy(),
}));

/** The dependencies of the pages on which a person connects a bank. */
export const pageDeps = /* @__PURE__ */ once(() => ({
  ...beginningDeps(),
  ...endDeps(),
  ...sessionDeps(),
  clock: clock(),
  sealer: sealer(),
  waker: waker(),
  banks: banks(),
  states: institutionStates(),
  settings: {
    apiUrl: apiUrl(),
    takesLogins: connect() === "direct",
  },
}));
