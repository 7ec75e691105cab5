import type { AwsCall, AwsRecorder } from "../../support/aws-recorder.ts";

const DEFINED = [
  { method: "POST", path: "/users/*/connections" },
  { method: "GET", path: "/jobs/*" },
  { method: "POST", path: "/jobs/*/mfa" },
  { method: "GET", path: "/institutions/*" },
  { method: "GET", path: "/users/*/jobs" },
];
const TIMES = 2;
const WAYS = [
  { status: 503, retryAfter: "1" },
  { status: 401 },
  { status: 500, body: "<html>Internal error</html>" },
  { delayMs: 300 },
  { reset: "before" },
  { reset: "after" },
  { body: "<html>Well</html>" },
];

/** What the sandbox is to do wrong, one after the other, and how often. */
export const TROUBLE_OF_THE_BANK: readonly object[] = WAYS.flatMap((way) =>
  DEFINED.map((call) => ({ ...call, times: TIMES, do: way })),
);

/** How often each call has met trouble once all of it was met. A reply that is late is as good as any; others come after it. */
export const CALLS_IN_TROUBLE: readonly (readonly [call: string, times: number])[] = DEFINED.map(
  ({ method, path }) => [
    `${method} ${path}`,
    TIMES * WAYS.filter(({ delayMs }) => delayMs === undefined).length,
  ],
);

const CALLS = [
  ["dynamodb", "GetItem"],
  ["dynamodb", "PutItem"],
  ["dynamodb", "UpdateItem"],
  ["dynamodb", "DeleteItem"],
  ["kms", "Encrypt"],
  ["kms", "Decrypt"],
  ["states", "StartExecution"],
  ["states", "SendTaskSuccess"],
] as const;

/** As many as the SDK tries. */
const TRIES = 3;

/** How many calls of AWS go wrong by all of it: one that is not valid, as many as are tried, and one whose reply is lost. */
export const TROUBLED_CALLS_OF_AWS = CALLS.length * (TRIES + 2);

/** What goes wrong with the next calls of a kind. Errors of AWS quote what they were asked. */
export const TROUBLE_OF_AWS = CALLS.flatMap(([service, operation]) => {
  const isOne = (call: AwsCall) => call.service === service && call.operation === operation;
  const quoting = ({ request }: AwsCall) => `1 validation error detected: ${JSON.stringify(request)}`;
  return [
    (recorder: AwsRecorder) => recorder.fail(isOne, "ValidationException", 400, quoting),
    (recorder: AwsRecorder) => {
      for (let tries = 0; tries < TRIES; tries++) recorder.fail(isOne, "InternalServerError", 500, quoting);
    },
    (recorder: AwsRecorder) => recorder.loseReply(isOne),
  ];
});
