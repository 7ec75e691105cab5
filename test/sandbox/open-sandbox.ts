import { readFile } from "node:fs/promises";
import { inject, onTestFinished } from "vitest";
import type * as z from "zod";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/server.ts";
import {
  accountListShape,
  connectionListShape,
  connectionShape,
  type JobReply,
  jobListShape,
  jobShape,
  ledgerShape,
  refusalShape,
  stubShape,
  type TransactionReply,
  tokenShape,
  transactionListShape,
} from "./reply-shapes.ts";
import { startTableSandbox, type TableSandboxOptions } from "./table-sandbox.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What the tests open: the sandbox as a program, or as a function on a table. */
    sandbox: "program" | "deployed";
  }
}

export const start = Date.UTC(2026, 0, 5, 9, 0, 0);
export const minute = 60_000;
export const day = 24 * 60 * minute;

/** The time that one step of a job takes. */
export const stepMs = 2_000;

/** The program accepts any key, unless it has one. */
export const apiKey = "any-key";

export type Login = Readonly<Record<string, string>>;
export const gavin = { loginId: "gavinBelson", password: "hooli2016" } as const;
export const jared = { loginId: "jared", password: "django" } as const;
export const whistler = { loginId: "Whistler", password: "ShowBox" } as const;

export const connectionsPath = (userId = "user-1") => `/users/${userId}/connections`;
export const connectionPath = (id: string, userId = "user-1") => `${connectionsPath(userId)}/${id}`;

/** The body of a valid request for a connection. */
export const createBody = { ...gavin, institution: { id: "AU00000" } };

type CallOptions = {
  body?: unknown;
  text?: string;
  headers?: Readonly<Record<string, string>>;
  token?: string | null;
};

type OpenOptions = Omit<SandboxOptions, "port" | "now"> & { at?: number };

/** Opens a sandbox on a port of its own, with a clock that stands still unless the test moves it. */
export function openSandbox({ at = start, dataFile, ...options }: OpenOptions = {}) {
  const clock = { now: at };
  const timed = { now: () => clock.now, ...options };
  const starting =
    inject("sandbox") === "deployed"
      ? startTableSandbox({ ...timed, apiKey: options.apiKey ?? apiKey })
      : startProgram(dataFile, timed);
  return bankOf(clock, starting);
}

/** Opens the sandbox as a function on a table. */
export function openDeployedSandbox(options: Pick<TableSandboxOptions, "wait" | "timeScale"> = {}) {
  const clock = { now: start };
  return bankOf(clock, startTableSandbox({ apiKey, now: () => clock.now, ...options }));
}

async function startProgram(
  dataFile: string | undefined,
  options: Omit<SandboxOptions, "port" | "dataFile">,
) {
  const program = await startSandbox({ port: 0, dataFile, ...options });
  return { ...program, stored: () => readFile(dataFile ?? "", "utf8") };
}

/** `kept` returns everything that the sandbox stores, as text. */
type Started = Sandbox & { readonly stored: () => Promise<string> };

async function bankOf<Kind extends Started>(clock: { now: number }, starting: Promise<Kind>) {
  const sandbox = await starting;
  onTestFinished(() => sandbox.close());
  const said: string[] = [];
  let ownToken: string | undefined;

  async function send(method: string, path: string, { body, text, headers, token }: CallOptions = {}) {
    const bearer = token === undefined ? ownToken : token;
    // Control calls take no token. The deployed sandbox asks for the key; the program accepts everybody.
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

  async function newToken(fields: Readonly<Record<string, string>> = {}, version = "2.1"): Promise<string> {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const headers = { authorization: `Basic ${apiKey}`, "basiq-version": version, ...form };
    const request = { headers, text: String(new URLSearchParams(fields)), token: null };
    return (await expectReply(tokenShape, 200, "POST", "/token", request)).access_token;
  }

  /** Only clients answer challenges. */
  let ownClientToken: Promise<string> | undefined;
  const clientToken = () => {
    ownClientToken ??= newToken({ scope: "CLIENT_ACCESS" });
    return ownClientToken;
  };

  const refused = async (status: number, ...request: Parameters<typeof send>) =>
    (await expectReply(refusalShape, status, ...request)).data;
  const create = async (institutionId: string, login: Login, userId = "user-1"): Promise<string> => {
    const body = { ...login, institution: { id: institutionId } };
    return (await expectReply(stubShape, 202, "POST", connectionsPath(userId), { body })).id;
  };
  const pass = (ms: number) => {
    clock.now += ms;
  };
  const job = (id: string): Promise<JobReply> => expectReply(jobShape, 200, "GET", `/jobs/${id}`);

  const control = (method: string, path: string, body?: unknown) =>
    send(method, `/_control${path}`, { body });

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
    jobsOf: async (userId = "user-1") =>
      (await expectReply(jobListShape, 200, "GET", `/users/${userId}/jobs`)).data,
    /** A user that has posted nothing does not exist, and has no connections. */
    connectionsOf: async (userId = "user-1") => {
      const { status, text } = await send("GET", connectionsPath(userId));
      return status === 404 ? [] : connectionListShape.parse(JSON.parse(text)).data;
    },
    accounts: async (query = "", userId = "user-1") =>
      (await expectReply(accountListShape, 200, "GET", `/users/${userId}/accounts${query}`)).data,
    /** Returns the transactions of every page. */
    transactions: async (query = "", userId = "user-1") => {
      const found: TransactionReply[] = [];
      let path: string | undefined = `/users/${userId}/transactions${query}`;
      while (path !== undefined) {
        const page: z.output<typeof transactionListShape> = await expectReply(
          transactionListShape,
          200,
          "GET",
          path,
        );
        found.push(...page.data);
        path = page.links.next?.slice(sandbox.url.length);
      }
      return found;
    },
    connection: (id: string) => expectReply(connectionShape, 200, "GET", connectionPath(id)),
    update: async (id: string, body: Login) =>
      (await expectReply(stubShape, 202, "POST", connectionPath(id), { body })).id,
    refresh: async (id: string) =>
      (await expectReply(stubShape, 202, "POST", `${connectionPath(id)}/refresh`)).id,
    statuses: async (id: string) => (await job(id)).steps.map((step) => step.status),
    step: async (id: string, title: string) => (await job(id)).steps.find((step) => step.title === title),
    answer: async (id: string, answers: unknown) =>
      send("POST", `/jobs/${id}/mfa`, { body: { "mfa-response": answers }, token: await clientToken() }),
    answerRefused: async (status: number, id: string, answers: unknown) => {
      const body = { "mfa-response": answers };
      return refused(status, "POST", `/jobs/${id}/mfa`, { body, token: await clientToken() });
    },
    connectionOf: async (id: string) => (await job(id)).links.source?.split("/").at(-1) ?? "",
    control,
    /** Sets one fault, and replaces the faults before it. */
    fault: (method: string, path: string, times: number, action: unknown) =>
      control("PUT", "/faults", [{ method, path, times, do: action }]),
    ledger: async () => (await expectReply(ledgerShape, 200, "GET", "/_control/ledger")).calls,
  };
}

/** The test users whose logins succeed, each with the bank that takes its login without a challenge. */
export const customers: readonly (readonly [institutionId: string, login: Login])[] = [
  ["AU00000", gavin],
  ["AU00000", jared],
  ["AU00000", whistler],
  ["AU00000", { loginId: "Wentworth-Smith", password: "whislter" }],
  ["AU00000", { loginId: "Gilfoyle", password: "PiedPiper" }],
  ["AU00000", { loginId: "richard", password: "tabsnotspaces" }],
  ["AU00000", { loginId: "laurieBream", password: "business2024" }],
  ["AU00000", { loginId: "ashMann", password: "hooli2024" }],
  ["AU19301", { userToken: "token:PTln18RhwL" }],
];

export type OpenSandbox = Awaited<ReturnType<typeof openSandbox>>;

/** Returns the id of a connection whose first job is over. */
export async function connected(bank: OpenSandbox, institutionId: string, login: Login): Promise<string> {
  await bank.create(institutionId, login);
  bank.pass(3 * minute);
  return (await bank.connectionsOf()).at(-1)?.id ?? "";
}
