import { type Wording, wordingOf } from "../http/errors.ts";
import type { RefusalReason } from "../jobs/domain/refusal.ts";
import type { JsonSchema } from "./json-schema.ts";

/** Bodies that a run has sent and received. */
export interface Examples {
  /** By operation, then by the name of the example. */
  requests: { [operationId: string]: { [name: string]: unknown } };
  /** By operation and status, such as `getJob 200`, then by the name of the example. */
  replies: { [reply: string]: { [name: string]: unknown } };
  /** By status and code, such as `404 resource-not-found`. */
  errors: { [error: string]: unknown };
  /** What webhooks have received, by what the events are about, such as `job`, then by the name of the example. */
  webhooks: { [entity: string]: { [name: string]: unknown } };
}

export interface Content {
  [mediaType: string]: { schema: JsonSchema; examples?: { [name: string]: { value: unknown } } };
}

export interface ResponseObject {
  $ref?: string;
  description?: string;
  headers?: { [name: string]: { $ref: string } };
  content?: Content;
}

export function contentOf(
  types: readonly string[],
  schema: string,
  examples: { [name: string]: unknown } = {},
): Content {
  const shown = Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
  const described = {
    schema: { $ref: `#/components/schemas/${schema}` },
    ...(Object.keys(shown).length > 0 && { examples: shown }),
  };
  return Object.fromEntries(types.map((type) => [type, described]));
}

export function headersOf(names: readonly string[]) {
  if (names.length === 0) return {};
  return {
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
  };
}

/** The responses for refusals. Operations that refuse a call in the same words share one. */
export class SharedResponses {
  readonly all: { [name: string]: ResponseObject } = {};
  readonly #examples: Examples;

  constructor(examples: Examples) {
    this.#examples = examples;
  }

  /** Returns a reference for what the aggregator refuses. */
  ofAggregator(): ResponseObject {
    const name = "refused-by-the-aggregator";
    this.all[name] ??= {
      description: "The aggregator refused the call: its status and its code, with our `correlationId`.",
      ...headersOf(["Retry-After"]),
      content: contentOf(["application/json"], "Errors"),
    };
    return { $ref: `#/components/responses/${name}` };
  }

  /** Returns a reference for each status of the reasons. */
  refusalsOf(reasons: readonly (RefusalReason | "internal")[]) {
    const byStatus = Map.groupBy(reasons.map(wordingOf), ({ status }) => status);
    return Object.fromEntries(
      [...byStatus].map(([status, found]) => [status, { $ref: this.#refTo(status, found) }]),
    );
  }

  #refTo(status: number, wordings: readonly Wording[]): string {
    const lines = wordings.map(({ code, title, detail }) => `- \`${code}\`: ${detail ?? title}`);
    const description = [...new Set(lines)].toSorted().join("\n");
    const name = this.#nameFor(
      [status, ...new Set(wordings.map(({ code }) => code).toSorted())].join("."),
      description,
    );
    const shown = wordings.flatMap(({ code }) => {
      const value = this.#examples.errors[`${status} ${code}`];
      return value === undefined ? [] : [[code, value] as const];
    });
    this.all[name] ??= {
      description,
      ...headersOf(status === 429 || status === 503 ? ["Retry-After"] : []),
      content: contentOf(["application/json"], "Errors", Object.fromEntries(shown)),
    };
    return `#/components/responses/${name}`;
  }

  /** Returns the name of the response with this description, or a new name. */
  #nameFor(base: string, description: string): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? base : `${base}.${number}`;
      if ((this.all[name]?.description ?? description) === description) return name;
    }
  }
}
