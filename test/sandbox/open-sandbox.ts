import { readFile } from "node:fs/promises";
import { inject, onTestFinished } from "vitest";
import type * as z from "zod";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/server.ts";
import { type JobReply, jobShape } from "./job-shape.ts";
import { ledgerShape, refusalShape, stubShape, tokenShape } from "./reply-shapes.ts";
import { startTableSandbox, type TableSandboxOptions } from "./table-sandbox.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What the tests of the sandbox open: the program, or what is deployed. */
    sandbox: "program" | "deployed";
  }
}

export const start = Date.UTC(2026, 0, 5, 9, 0, 0);
export const minute = 60_000;
export const day = 24 * 60 * minute;

/** The pace of a job that nothing holds up. */
export const stepMs = 2_000;

/** The program takes any, unless it was given one. */
export const apiKey = "any-key";

export type Login = Readonly<Record<string, string>>;
export const gavin = { loginId: "gavinBelson", password: "hooli2016" } as const;
export const jared = { loginId: "jared", password: "django" } as const;
export const whistler = { loginId: "Whistler", password: "ShowBox" } as const;

type CallOptions = {
  body?: unknown;
  text?: string;
  headers?: Readonly<Record<string, string>>;
  token?: string | null;
};

type OpenOptions = Omit<SandboxOptions, "port" | "now"> & { at?: number };

/** A sandbox on a port of its own, whose clock moves only when the test says so. */
export function openSandbox({ at = start, dataFile, ...options }: OpenOptions = {}) {
  const clock = { now: at };
  const timed = { now: () => clock.now, ...options };
  const starting =
    inject("sandbox") === "deployed"
      ? startTableSandbox({ ...timed, apiKey: options.apiKey ?? apiKey })
      : startProgram(dataFile, timed);
  return bankOf(clock, starting);
}

/** The one that is deployed, whatever the other tests open. */
export function openDeployedSandbox(options: Pick<TableSandboxOptions, "wait"> = {}) {
  const clock = { now: start };
  return bankOf(clock, startTableSandbox({ apiKey, now: () => clock.now, ...options }));
}

async function startProgram(
  dataFile: string | undefined,
  options: Omit<SandboxOptions, "port" | "dataFile">,
) {
  const program = await startSandbox({ port: 0, dataFile, ...options });
  return { ...program, kept: () => readFile(dataFile ?? "", "utf8") };
}

/** `kept` is all that it keeps, as text. */
type Started = Sandbox & { readonly kept: () => Promise<string> };

async function bankOf<Kind extends Started>(clock: { now: number }, starting: Promise<Kind>) {
  const sandbox = await starting;
  onTestFinished(() => sandbox.close());
  const said: string[] = [];
  let ownToken: string | undefined;

  async function send(method: string, path: string, { body, text, headers, token }: CallOptions = {}) {
    const bearer = token === undefined ? ownToken : token;
    // The control side takes no token. The program's takes everybody, the deployed one's the key.
    const credential = path.startsWith("/_control") ? `Basic ${apiKey}` : bearer && `Bearer ${bearer}`;
    const authorization = credential ? { authorization: credential } : {};
    const payload = text ?? (body === undefined ? null : JSON.stringify(body));
    const contentType = payload === null ? {} : { "content-type": "application/json" };
    const response = await fetch(`${sandbox.url}${path}`, {
      method,
      headers: { ...contentType, ...authorization, ...headers },
      body: payload,
    });
    const reply = await response.text();
    said.push(reply);
    return { status: response.status, headers: response.headers, text: reply };
  }

  async function expectReply<Shape extends z.ZodType>(
    shape: Shape,
    status: number,
    ...request: Parameters<typeof send>
  ): Promise<z.output<Shape>> {
    const reply = await send(...request);
    if (reply.status !== status)
      throw new Error(`${request[0]} ${request[1]}: ${reply.status} ${reply.text}`);
    return shape.parse(JSON.parse(reply.text));
  }

  async function newToken(): Promise<string> {
    const headers = { authorization: `Basic ${apiKey}`, "basiq-version": "3.0" };
    return (await expectReply(tokenShape, 200, "POST", "/token", { headers, token: null })).access_token;
  }

  const refused = async (status: number, ...request: Parameters<typeof send>) =>
    (await expectReply(refusalShape, status, ...request)).data;
  const create = async (institutionId: string, login: Login, userId = "user-1"): Promise<string> => {
    const body = { ...login, institution: { id: institutionId } };
    return (await expectReply(stubShape, 202, "POST", `/users/${userId}/connections`, { body })).id;
  };
  const pass = (ms: number) => {
    clock.now += ms;
  };
  const job = (id: string): Promise<JobReply> => expectReply(jobShape, 200, "GET", `/jobs/${id}`);

  ownToken = await newToken();
  return {
    ...sandbox,
    said,
    pass,
    send,
    expectReply,
    refused,
    newToken,
    create,
    createAndVerify: async (institutionId: string, login: Login) => {
      const id = await create(institutionId, login);
      pass(stepMs);
      return id;
    },
    job,
    statuses: async (id: string) => (await job(id)).steps.map((step) => step.status),
    step: async (id: string, title: string) => (await job(id)).steps.find((step) => step.title === title),
    answer: (id: string, answers: unknown) =>
      send("POST", `/jobs/${id}/mfa`, { body: { "mfa-response": answers } }),
    connectionOf: async (id: string) => (await job(id)).links.source?.split("/").at(-1) ?? "",
    control: (method: string, path: string, body?: unknown) => send(method, `/_control${path}`, { body }),
    ledger: async () => (await expectReply(ledgerShape, 200, "GET", "/_control/ledger")).calls,
  };
}

export type OpenSandbox = Awaited<ReturnType<typeof openSandbox>>;
