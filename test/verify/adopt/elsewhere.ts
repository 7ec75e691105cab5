import * as z from "zod";
import type { HttpReply, MobileBackend } from "../../journeys/mobile-backend.ts";

const issued = z.object({ access_token: z.string() });
const stub = z.object({ id: z.string() });
const listed = z.object({ data: z.array(stub) });

type ApiVersion = "2.1" | "3.0";

/** A program that uses the aggregator without us: it connects banks of a user of ours. */
export class Elsewhere {
  readonly #backend: Pick<MobileBackend, "userId" | "target">;

  constructor(backend: Pick<MobileBackend, "userId" | "target">) {
    this.#backend = backend;
  }

  /** Starts a job at the aggregator, and returns the aggregator's id of it. */
  async connect(institutionId: string, login: Record<string, string>): Promise<string> {
    const path = `/users/${this.#backend.userId}/connections`;
    const started = await this.call("POST", path, { ...login, institution: { id: institutionId } });
    return stub.parse(await started.json()).id;
  }

  async refresh(connectionId: string): Promise<string> {
    const path = `/users/${this.#backend.userId}/connections/${connectionId}/refresh`;
    return stub.parse(await (await this.call("POST", path)).json()).id;
  }

  /** Returns the aggregator's ids of the user's jobs. */
  async jobs(): Promise<string[]> {
    const reply = await this.call("GET", `/users/${this.#backend.userId}/jobs`);
    return listed.parse(await reply.json()).data.map(({ id }) => id);
  }

  async call(method: string, path: string, body?: object, version: ApiVersion = "2.1"): Promise<Response> {
    const url = (at: string) => `${this.#backend.target.sandboxUrl}${at}`;
    const headers = { "basiq-version": version, "content-type": "application/json" };
    const key = this.#backend.target.sandboxKey ?? "any";
    const token = await fetch(url("/token"), {
      method: "POST",
      headers: { ...headers, authorization: `Basic ${key}` },
      body: "{}",
    });
    const authorization = `Bearer ${issued.parse(await token.json()).access_token}`;
    const init = { method, headers: { ...headers, authorization } };
    return fetch(url(path), { ...init, ...(body !== undefined && { body: JSON.stringify(body) }) });
  }
}

/** Asks us to adopt jobs of the aggregator. */
export function adoptAll(backend: MobileBackend, jobIds: readonly unknown[]): Promise<HttpReply> {
  return backend.call("POST", `/users/${backend.userId}/jobs`, { jobIds });
}

export type Field = [name: string, value: string | File];

/** The body of a form, and its content type. */
export async function formOf(...fields: Field[]): Promise<{ type: string; body: Uint8Array<ArrayBuffer> }> {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  const encoded = new Response(form);
  const type = encoded.headers.get("content-type") ?? "";
  return { type, body: new Uint8Array(await encoded.arrayBuffer()) };
}

export async function uploadForm(
  backend: MobileBackend,
  { type, body }: Awaited<ReturnType<typeof formOf>>,
): Promise<HttpReply> {
  const headers = { authorization: `Bearer ${await backend.token()}`, "content-type": type };
  return backend.send("POST", `/users/${backend.userId}/statements`, { headers, body });
}

export async function uploadStatement(backend: MobileBackend, institutionId: string): Promise<HttpReply> {
  const statement = new File(["%PDF-1.4 a statement"], "statement.pdf");
  return uploadForm(backend, await formOf(["institutionId", institutionId], ["statement", statement]));
}
