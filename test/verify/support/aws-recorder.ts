import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import type { Around } from "../../../infra/local/function-host.ts";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { callingFunctions, type Invocation } from "./calling-functions.ts";

const json = z.record(z.string(), z.unknown());

/** A call of AWS as it went over the wire. */
export interface AwsCall {
  /** Nobody when the call came from no function. */
  by: Invocation | undefined;
  /** As the actions of IAM name it, such as `dynamodb`. */
  service: string;
  /** Such as `GetItem`. */
  operation: string;
  request: Record<string, unknown>;
  requestBytes: number;
}

export interface AwsReply {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** A call and what came of it. */
export interface RecordedCall extends AwsCall {
  /** Absent when the call was kept away from the service. */
  reply: { status: number; body: Record<string, unknown>; bytes: number } | undefined;
}

/** The targets of the JSON protocols, and the prefixes of IAM's actions. */
const SERVICES: { readonly [target: string]: string } = {
  DynamoDB_20120810: "dynamodb",
  TrentService: "kms",
  AWSStepFunctions: "states",
  secretsmanager: "secretsmanager",
};

/** Lambda has no JSON protocol: the path names the function. */
const INVOCATION = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

export function readRequest(
  { url = "", headers }: Pick<IncomingMessage, "url" | "headers">,
  body: string,
  by: Invocation | undefined,
): AwsCall {
  const [, name] = INVOCATION.exec(url) ?? [];
  if (name === undefined) return readCall(String(headers["x-amz-target"]), body, by);
  const request = { FunctionName: decodeURIComponent(name), ...json.parse(JSON.parse(body)) };
  return { by, service: "lambda", operation: "InvokeFunction", request, requestBytes: sizeOf(body) };
}

/** `target` is the `X-Amz-Target` header. */
function readCall(target: string, body: string, by: Invocation | undefined): AwsCall {
  const [name = "", operation = ""] = target.split(".");
  const service = SERVICES[name];
  if (service === undefined) throw new Error(`Unknown service: ${target}`);
  return { by, service, operation, request: json.parse(JSON.parse(body)), requestBytes: sizeOf(body) };
}

function recorded(call: AwsCall, reply: AwsReply | undefined): RecordedCall {
  if (reply === undefined) return { ...call, reply };
  const body = reply.body === "" ? {} : json.parse(JSON.parse(reply.body));
  return { ...call, reply: { status: reply.status, body, bytes: sizeOf(reply.body) } };
}

function errorReply(name: string, status = 400, message = "As the test wants it."): AwsReply {
  const headers = { "content-type": "application/x-amz-json-1.0" };
  return { status, headers, body: JSON.stringify({ __type: name, message }) };
}

function sizeOf(text: string): number {
  return Buffer.byteLength(text);
}

type AttributeValue =
  | { S: string }
  | { N: string }
  | { B: string }
  | { BOOL: boolean }
  | { NULL: true }
  | { SS: string[] }
  | { L: AttributeValue[] }
  | { M: Item };
type Item = { [name: string]: AttributeValue };

const attributeValue: z.ZodType<AttributeValue> = z.lazy(() =>
  z.union([
    z.strictObject({ S: z.string() }),
    z.strictObject({ N: z.string() }),
    z.strictObject({ B: z.string() }),
    z.strictObject({ BOOL: z.boolean() }),
    z.strictObject({ NULL: z.literal(true) }),
    z.strictObject({ SS: z.array(z.string()) }),
    z.strictObject({ L: z.array(attributeValue) }),
    z.strictObject({ M: item }),
  ]),
);
const item = z.record(z.string(), attributeValue);

/** A list, a set or a map takes this much by itself, and a byte more for each element. */
const COLLECTION_BYTES = 3;

/** How large DynamoDB counts an item as it is on the wire: the sum of its names and its values. */
export function itemBytes(wireItem: unknown): number {
  return attributesBytes(item.parse(wireItem));
}

function attributesBytes(attributes: Item): number {
  const parts = Object.entries(attributes).map(([name, value]) => utf8Bytes(name) + valueBytes(value));
  return parts.reduce((sum, bytes) => sum + bytes, 0);
}

function valueBytes(value: AttributeValue): number {
  if ("S" in value) return utf8Bytes(value.S);
  if ("N" in value) return Math.ceil(value.N.replace(/\D/g, "").length / 2) + 1;
  if ("B" in value) return Buffer.from(value.B, "base64").length;
  if ("SS" in value) {
    return value.SS.reduce((sum, element) => sum + utf8Bytes(element) + 1, COLLECTION_BYTES);
  }
  if ("L" in value) {
    return value.L.reduce((sum, element) => sum + valueBytes(element) + 1, COLLECTION_BYTES);
  }
  if ("M" in value) return COLLECTION_BYTES + attributesBytes(value.M) + Object.keys(value.M).length;
  return 1;
}

function utf8Bytes(text: string): number {
  return Buffer.byteLength(text);
}

/** The name that an execution has on AWS, by its state machine's. */
export function executionArn(stateMachineArn: string | undefined, name: string): string {
  if (stateMachineArn === undefined) throw new Error("There is no state machine.");
  return `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
}

type Matches = (call: AwsCall) => boolean;
/** Gives the reply to a call, by `perform` or without it; nothing cuts the connection. */
type Meet = (call: AwsCall, perform: () => Promise<AwsReply>) => Promise<AwsReply | undefined>;

const ENDPOINT = /^AWS_ENDPOINT_URL_/;
/** The reply is handed on with the header of its checksum, which is of the body as it was sent. */
const UNPACKED = { "accept-encoding": "identity" };
/** Of one connection, or wrong once a body was read. */
const NOT_FORWARDED = ["connection", "content-length", "transfer-encoding", "host", "expect", "keep-alive"];

/**
 * Records every call that the functions of local mode make to what stands in for AWS, and can hold or fail it.
 * `around` goes into `startLocal`; `start` comes after that. Until then functions wait, since they read the endpoints when
 * they first use them.
 */
export function awsRecorder() {
  const functions = callingFunctions();
  const calls: RecordedCall[] = [];
  const meetings: { matches: Matches; meet: Meet; lasts?: true }[] = [];
  const closers: (() => Promise<void>)[] = [];
  const started = Promise.withResolvers<void>();
  let met = 0;

  /** The next call that matches, and no other. */
  function meetOnce(matches: Matches, meet: Meet): void {
    meetings.push({ matches, meet });
  }

  function end(meeting: (typeof meetings)[number]): void {
    meetings.splice(meetings.indexOf(meeting), 1);
  }

  async function record(origin: string, request: IncomingMessage): Promise<AwsReply | undefined> {
    const body = await text(request);
    const call = readRequest(request, body, functions.senderOf(request.headers));
    let performed: AwsReply | undefined;
    const perform = async () => {
      performed = await forward(origin, request, body);
      return performed;
    };
    const meeting = meetings.find(({ matches }) => matches(call));
    if (meeting !== undefined && !meeting.lasts) {
      end(meeting);
      met += 1;
    }
    const reply = await (meeting === undefined ? perform() : meeting.meet(call, perform));
    calls.push(recorded(call, performed));
    return reply;
  }

  async function standBefore(origin: string): Promise<string> {
    const server = createServer((request, response) => {
      record(origin, request).then(
        (reply) => answer(response, reply),
        () => response.destroy(),
      );
    });
    const { url, close } = await listenLocally(server);
    closers.push(close);
    return url;
  }

  return {
    /** In the order in which they were over. */
    calls,
    invocations: functions.invocations,
    /** Nothing runs before `start`. */
    around: (async (entry, event, run) => {
      await started.promise;
      return functions.within(entry, () => run(event));
    }) satisfies Around,

    async start(): Promise<void> {
      const endpoints = Object.entries(process.env).filter(([name]) => ENDPOINT.test(name));
      for (const [name, origin = ""] of endpoints) process.env[name] = await standBefore(origin);
      started.resolve();
    },

    /** Gives a view of what is recorded from now on. */
    fromNow() {
      const [call, invocation] = [calls.length, functions.invocations.length];
      return () => ({
        calls: calls.slice(call),
        invocations: functions.invocations.slice(invocation),
      });
    },

    /** The next call that matches waits until it is released, and so do the repeats that the SDK sends meanwhile. */
    hold(matches: Matches) {
      const arrived = Promise.withResolvers<AwsCall>();
      const released = Promise.withResolvers<void>();
      const wait = async (_: AwsCall, perform: Parameters<Meet>[1]) => {
        await released.promise;
        return perform();
      };
      meetOnce(matches, (call, perform) => {
        const textOf = ({ by, operation, request }: AwsCall) =>
          JSON.stringify([by?.entry, operation, request]);
        const text = textOf(call);
        const isRepeat = (other: AwsCall) => textOf(other) === text;
        const repeats = { matches: isRepeat, meet: wait, lasts: true } as const;
        meetings.push(repeats);
        void released.promise.then(() => end(repeats));
        arrived.resolve(call);
        return wait(call, perform);
      });
      return { arrived: arrived.promise, release: released.resolve };
    },

    /**
     * The next call that matches is refused with an error, and not performed. The SDK repeats none below 500. What the error
     * says may be made of the call.
     */
    fail(matches: Matches, name: string, status?: number, says?: (call: AwsCall) => string): void {
      meetOnce(matches, async (call) => errorReply(name, status, says?.(call)));
    },

    /** The same of every call that matches, until it is said that this is over. */
    failAll(matches: Matches, name: string, status?: number): () => void {
      const meeting = { matches, meet: async () => errorReply(name, status), lasts: true } as const;
      meetings.push(meeting);
      return () => end(meeting);
    },

    /** The next call that matches is performed, and its connection cut. The SDK repeats it. */
    loseReply(matches: Matches): void {
      meetOnce(matches, async (_, perform) => {
        await perform();
        return undefined;
      });
    },

    /** Of what was to happen once, to a call each: how often it did, and what waits for its call. */
    meetings: () => ({ met, waiting: meetings.filter(({ lasts }) => lasts === undefined).length }),

    async close(): Promise<void> {
      functions.close();
      await Promise.all(closers.map((close) => close()));
    },
  };
}

export type AwsRecorder = ReturnType<typeof awsRecorder>;

async function forward(origin: string, { headers, url = "/" }: IncomingMessage, body: string) {
  const stored = Object.entries(headers).filter(([name]) => !NOT_FORWARDED.includes(name));
  const response = await fetch(new URL(url, origin), {
    method: "POST",
    headers: { ...Object.fromEntries(stored.map(([name, value]) => [name, String(value)])), ...UNPACKED },
    body,
  });
  const replied = [...response.headers].filter(([name]) => !NOT_FORWARDED.includes(name));
  return { status: response.status, headers: Object.fromEntries(replied), body: await response.text() };
}

function answer(response: ServerResponse, reply: AwsReply | undefined): void {
  if (reply === undefined) response.destroy();
  else response.writeHead(reply.status, reply.headers).end(reply.body);
}
