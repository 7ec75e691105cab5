import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";
import { listenLocally, readBody } from "../local-server.ts";
import { isForeign } from "../loopback.ts";

/** More than the largest request that a supported service accepts, which is that of Step Functions. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Receives the parsed JSON of a request and returns the reply. Throws an `AwsError` or a `ZodError`. */
export type Operation = (input: unknown) => Promise<object>;

/** An error that the SDK client throws to its caller under `name`, as for the real service. */
export class AwsError extends Error {
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export interface AwsJsonEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the AWS JSON 1.0 and 1.1 protocols on 127.0.0.1. The header `X-Amz-Target` names the operation. Does not check
 * signatures.
 */
export async function startAwsJsonEndpoint(options: {
  readonly targetPrefix: string;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly port?: number;
}): Promise<AwsJsonEndpoint> {
  const server = createServer(async (request, response) => {
    try {
      if (isForeign(request))
        throw new AwsError("AccessDeniedException", "Only programs of this machine.", 403);
      reply(request, response, 200, await perform(options, request));
    } catch (thrown) {
      const error = awsErrorFrom(thrown);
      reply(request, response, error.status, { __type: error.name, message: error.message });
    }
  });
  return listenLocally(server, options.port);
}

async function perform(
  options: { readonly targetPrefix: string; readonly operations: Readonly<Record<string, Operation>> },
  request: IncomingMessage,
): Promise<object> {
  const target = String(request.headers["x-amz-target"] ?? "");
  const name = target.slice(options.targetPrefix.length + 1);
  const known = target === `${options.targetPrefix}.${name}` && Object.hasOwn(options.operations, name);
  const operation = known ? options.operations[name] : undefined;
  if (operation === undefined) {
    throw new AwsError("UnknownOperationException", "This operation is not available locally.");
  }
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined)
    throw new AwsError("RequestEntityTooLargeException", "The request is too long.", 413);
  return operation(parseJson(body.toString()));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new AwsError("SerializationException", "The request is not JSON.");
  }
}

/** Names the invalid fields. Never includes their values, which may be secrets. */
function awsErrorFrom(thrown: unknown): AwsError {
  if (thrown instanceof AwsError) return thrown;
  if (thrown instanceof z.ZodError) {
    const fields = thrown.issues.map((issue) => issue.path.join(".")).join(", ");
    return new AwsError("ValidationException", `Not valid: ${fields}`);
  }
  return new AwsError("InternalFailure", "The request processing has failed.", 500);
}

function reply(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    "content-type": request.headers["content-type"] ?? "application/x-amz-json-1.0",
    "x-amzn-RequestId": randomUUID(),
  });
  response.end(JSON.stringify(body));
}
