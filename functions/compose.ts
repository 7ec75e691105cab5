import { randomUUID } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { dynamoApiKeys } from "./access/api-keys.ts";
import { kmsTokenVerifier } from "./access/kms-token-verifier.ts";
import { dynamoRequestCounts } from "./access/request-counts.ts";
import { kmsTokenIssuer } from "./access/tokens.ts";
import { basiqClient } from "./aggregators/basiq/basiq.ts";
import { basiqConnectionList, basiqConnections } from "./aggregators/basiq/basiq-connections.ts";
import { basiqInstitutions } from "./aggregators/basiq/basiq-institutions.ts";
import { basiqTransport } from "./aggregators/basiq/transport.ts";
import { cachedInstitutions } from "./aggregators/cached-institutions.ts";
import {
  measuredConnectionList,
  measuredConnections,
  measuredInstitutions,
  measuredUpstream,
} from "./aggregators/measured-upstream.ts";
import { DEFAULT_RETENTION_DAYS } from "./jobs/domain/times-to-live.ts";
import { dynamoClaims } from "./jobs/store/claims.ts";
import { dynamoJobRows } from "./jobs/store/dynamo-job-rows.ts";
import { sfnExecutions } from "./jobs/store/executions.ts";
import { sealedFingerprints } from "./jobs/store/fingerprints.ts";
import { dynamoJobList } from "./jobs/store/job-list.ts";
import { dynamoJobStore } from "./jobs/store/job-store.ts";
import { kmsSealer } from "./jobs/store/kms-sealer.ts";
import { measuredJobStore } from "./jobs/store/measured-job-store.ts";
import { dynamoRefusedLogins, findRefusedLogins } from "./jobs/store/refused-logins.ts";
import { dynamoReservations } from "./jobs/store/reservations.ts";
import { sfnWaker } from "./jobs/store/sfn-waker.ts";
import { sfnWorkflow } from "./jobs/store/sfn-workflow.ts";
import { dynamoSweptJobs } from "./jobs/store/swept-jobs.ts";
import { dynamoVault, dynamoVaultDoor } from "./jobs/store/vault.ts";
import { once } from "./once.ts";
import { systemClock } from "./platform/clock.ts";
import { environment, setting } from "./platform/environment.ts";
import { logMeasured } from "./platform/log.ts";
import { logCall } from "./platform/log-call.ts";
import { emfMetrics } from "./platform/metrics.ts";
import { secretsManagerSecret } from "./platform/secrets-manager.ts";

export { policy, replyOptions, settings } from "./settings.ts";

/*
 * The composition root: each part made at its first use, from the environment of the function that uses it. An entry
 * names the parts it needs; marked as pure, the others stay out of its bundle.
 */

/** An AWS service that does not answer by then is tried again by its client. */
const requestHandler = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

const dynamo = /* @__PURE__ */ once(() => new DynamoDBClient({ requestHandler }));
const kms = /* @__PURE__ */ once(() => new KMSClient({ requestHandler }));
const secretsManager = /* @__PURE__ */ once(
  () => new SecretsManagerClient({ requestHandler, maxAttempts: 2 }),
);
const sfn = /* @__PURE__ */ once(() => new SFNClient({ requestHandler }));

export const newId = randomUUID;

export const clock = /* @__PURE__ */ once(() => systemClock(Number(setting("TIME_SCALE") ?? 1)));

export const metrics = /* @__PURE__ */ once(() => ({
  ...emfMetrics({ namespace: () => setting("METRICS_NAMESPACE"), write: logMeasured }),
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

/** For functions that take no job any further: there is nothing to measure. */
export const jobRows = /* @__PURE__ */ once(() => dynamoJobRows(jobsOptions()));

export const jobs = /* @__PURE__ */ once(() => measuredJobStore(dynamoJobStore(jobsOptions()), metrics()));

export const claims = /* @__PURE__ */ once(() => dynamoClaims(dynamo(), jobsTable(), clock()));

/** For functions that do not see what becomes of a login. */
export const notedRefusals = /* @__PURE__ */ once(() => ({ find: findRefusedLogins(dynamo(), jobsTable()) }));

export const refusedLogins = /* @__PURE__ */ once(() => dynamoRefusedLogins(dynamo(), jobsTable(), clock()));

export const requestCounts = /* @__PURE__ */ once(() => dynamoRequestCounts(dynamo(), jobsTable()));

export const jobList = /* @__PURE__ */ once(() => dynamoJobList(dynamo(), jobsTable(), clock()));

export const sweptJobs = /* @__PURE__ */ once(() => dynamoSweptJobs(dynamo(), jobsTable(), clock()));

export const apiKeys = /* @__PURE__ */ once(() => dynamoApiKeys(dynamo(), jobsTable()));

export const sealer = /* @__PURE__ */ once(() => kmsSealer(kms(), environment("SEALING_KEY_ID")));

const vaultOptions = /* @__PURE__ */ once(() => ({
  client: dynamo(),
  tableName: environment("SECRETS_TABLE"),
  sealer: sealer(),
  clock: clock(),
}));

/** For functions that read no secret. */
export const vaultDoor = /* @__PURE__ */ once(() => dynamoVaultDoor(vaultOptions()));

export const vault = /* @__PURE__ */ once(() => dynamoVault(vaultOptions()));

export const reservations = /* @__PURE__ */ once(() => dynamoReservations(dynamo(), jobsTable(), clock()));

export const fingerprints = /* @__PURE__ */ once(() => sealedFingerprints(sealer()));

export const tokenIssuer = /* @__PURE__ */ once(() => kmsTokenIssuer(kms(), environment("SIGNING_KEY_ID")));

export const tokenVerifier = /* @__PURE__ */ once(() =>
  kmsTokenVerifier(kms(), environment("SIGNING_KEY_ID")),
);

export const workflow = /* @__PURE__ */ once(() => sfnWorkflow(sfn(), environment("STATE_MACHINE_ARN")));

export const executions = /* @__PURE__ */ once(() => sfnExecutions(sfn(), environment("STATE_MACHINE_ARN")));

export const waker = /* @__PURE__ */ once(() => sfnWaker(sfn()));

const upstreamTransport = /* @__PURE__ */ once(() =>
  basiqTransport({
    baseUrl: environment("UPSTREAM_URL"),
    version: environment("UPSTREAM_VERSION"),
    apiKey: secretsManagerSecret(secretsManager(), environment("UPSTREAM_API_KEY_SECRET")),
    clock: clock(),
  }),
);

export const upstream = /* @__PURE__ */ once(() =>
  measuredUpstream(basiqClient(upstreamTransport()), metrics()),
);

/** Upstream's, as far as they may be a minute old. */
export const institutions = /* @__PURE__ */ once(() =>
  cachedInstitutions(measuredInstitutions(basiqInstitutions(upstreamTransport()), metrics())),
);

export const connections = /* @__PURE__ */ once(() =>
  measuredConnections(basiqConnections(upstreamTransport()), metrics()),
);

export const connectionList = /* @__PURE__ */ once(() =>
  measuredConnectionList(basiqConnectionList(upstreamTransport()), metrics()),
);
