import { EVENT_TYPES } from "../events/domain/event-types.ts";
import { isPassed } from "../pass-through/routes.ts";
import {
  isPage,
  methodsOfRoute,
  type PageRouteName,
  ROUTE_NAMES,
  ROUTES,
  type RouteName,
} from "../routes.ts";
import { REPLIES, REQUESTS } from "./components.ts";
import { type JsonSchema, schemaOf, schemasOf } from "./json-schema.ts";
import { type Caller, type Operation, type Parameter, TAGS } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { PATH_PARAMETERS, SIGNATURE_HEADERS } from "./parameters.ts";
import { passedOperation } from "./passed-operations.ts";
import {
  type Content,
  contentOf,
  type Examples,
  headersOf,
  type ResponseObject,
  SharedResponses,
} from "./responses.ts";

export interface OperationObject {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security: { [scheme: string]: string[] }[];
  parameters?: { name: string; in: string; description: string; required?: true; schema: JsonSchema }[];
  requestBody?: { required: boolean; content: Content };
  responses: { [status: string]: ResponseObject };
}

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; [name: string]: unknown };
  tags: { name: string; description: string }[];
  paths: { [path: string]: { [method: string]: OperationObject } };
  webhooks: { [name: string]: { post: OperationObject } };
  components: {
    schemas: { [name: string]: JsonSchema };
    responses: { [name: string]: ResponseObject };
    [kind: string]: unknown;
  };
  [name: string]: unknown;
}

/** Every API function can refuse a call for these reasons. */
const ALWAYS = ["body-too-large", "internal"] as const;

const HEADERS = {
  "Retry-After": {
    description: "The seconds after which the call may be repeated.",
    schema: { type: "integer" },
  },
  ETag: { description: "Names the state of the reply, for `If-None-Match`.", schema: { type: "string" } },
};

const SECURITY_SCHEMES = {
  apiKey: {
    type: "apiKey",
    in: "header",
    name: "Authorization",
    description: "`Basic ` and the API key, without further encoding.",
  },
  token: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description:
      "A token of `POST /token`. The roles of an operation are the scopes that may call it. A `CLIENT_ACCESS` token reaches only its own user.",
  },
};

const DESCRIPTION =
  "Connects users' banks through an aggregator. Requests, replies and errors have the format of the published Basiq API. If the deployment uses a version of the aggregator's API that lacks a call, the call is refused with 404. Later versions may add operations, fields, and values of fields: ignore those that you do not know. The gateway in front of the API limits the rate of all calls, and answers 429 or 503 with an error in its own format.";

const RECEIVING =
  "Verify the three headers over the bytes of the body, with a library of Standard Webhooks. The same message can arrive more than once, with the same `webhook-id`. A test message has the links of an event that does not exist.\n\nThe types:\n";

/** What an answer of a receiver means. */
const ANSWERS: OperationObject["responses"] = {
  "2XX": { description: "The message has arrived." },
  410: { description: "The receiver wants no more messages: the webhook is disabled." },
  default: { description: "Any other answer, or none within 15 seconds: the message is sent again later." },
};

export function documentOf(version: string, examples: Examples): OpenApiDocument {
  const responses = new SharedResponses(examples);
  const paths: OpenApiDocument["paths"] = {};
  for (const route of ROUTE_NAMES) {
    if (isPage(route)) continue;
    for (const method of methodsOfRoute(route)) {
      const { path } = ROUTES[route];
      const operation = operationObject(
        operationIdOf(route, method),
        path,
        operationOf(route),
        examples,
        responses,
      );
      paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
    }
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Connection Jobs",
      version,
      description: DESCRIPTION,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The deployment that serves this document." }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: webhooksOf(examples),
    components: {
      schemas: { ...schemasOf(REQUESTS, "input"), ...schemasOf(REPLIES, "output") },
      responses: responses.all,
      headers: HEADERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

/** What the API sends: one entry for everything that events are about. */
function webhooksOf(examples: Examples): OpenApiDocument["webhooks"] {
  const families = Map.groupBy(EVENT_TYPES, ({ entity }) => entity);
  return Object.fromEntries(
    [...families].map(([entity, types]) => {
      const meanings = types.map(({ id, description }) => `- \`${id}\`: ${description}`);
      const post: OperationObject = {
        operationId: `receive-${entity}-event`.replaceAll(/-(\w)/g, (_, letter: string) =>
          letter.toUpperCase(),
        ),
        tags: ["Webhooks"],
        summary: `Receive what happened: ${entity}`,
        description: [RECEIVING, ...meanings].join("\n"),
        security: [],
        parameters: SIGNATURE_HEADERS.map(parameterObject),
        requestBody: {
          required: true,
          content: contentOf(["application/json"], "WebhookBody", examples.webhooks[entity]),
        },
        responses: ANSWERS,
      };
      return [entity, { post }];
    }),
  );
}

function operationOf(route: Exclude<RouteName, PageRouteName>): Operation {
  return isPassed(route) ? passedOperation(route) : OPERATIONS[route];
}

/** `create-connection` is `createConnection`. A route that also has `HEAD` has a second operation. */
function operationIdOf(route: RouteName, method: string): string {
  const name = method === "HEAD" ? `head-${route}` : route;
  return name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function operationObject(
  operationId: string,
  path: string,
  operation: Operation,
  examples: Examples,
  responses: SharedResponses,
): OperationObject {
  const { tag, summary, description, callers, body } = operation;
  const isHead = operationId.startsWith("head");
  const parameters = [...pathParametersOf(path), ...(operation.parameters ?? [])];
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: securityFor(callers),
    ...(parameters.length > 0 && { parameters: parameters.map(parameterObject) }),
    ...(body !== undefined && {
      requestBody: {
        required: !body.isOptional,
        content: contentOf(body.types, body.schema, examples.requests[operationId]),
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.replies).map(([status, { schema, headers = [], description }]) => [
          status,
          {
            description,
            ...headersOf(headers),
            ...(schema !== undefined &&
              !isHead && {
                content: contentOf(
                  ["application/json"],
                  schema,
                  examples.replies[`${operationId} ${status}`],
                ),
              }),
          },
        ]),
      ),
      ...(operation.passesRefusals && { "4XX": responses.ofAggregator() }),
      ...responses.refusalsOf([...operation.refusals, ...ALWAYS]),
    },
  };
}

function pathParametersOf(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => {
    const parameter = PATH_PARAMETERS[name];
    if (parameter === undefined) throw new Error(`PATH_PARAMETERS has no ${name}.`);
    return { name, in: "path", required: true, ...parameter };
  });
}

function parameterObject({ name, in: place, description, required, schema }: Parameter) {
  return { name, in: place, description, ...(required && { required }), schema: schemaOf(schema) };
}

function securityFor(callers: readonly Caller[]): OperationObject["security"] {
  return callers.map((caller) => (caller === "API key" ? { apiKey: [] } : { token: [caller] }));
}
