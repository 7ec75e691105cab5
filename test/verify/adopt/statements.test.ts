import { expect, test } from "vitest";
import * as z from "zod";
import { begun, list, page, succeeded } from "../../journeys/calls.ts";
import { HOOLI, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { target } from "../../journeys/target.ts";
import { type Field, formOf, uploadForm } from "./elsewhere.ts";

const system = target();

const PDF = "%PDF-1.4 a statement";
const statement = (content: string = PDF, name = "statement.pdf") => new File([content], name);
const READ = ["verify-credentials", "retrieve-accounts", "retrieve-transactions"];
const MAX_BYTES = 4_500_000;

const usual = (content?: string): Field[] => [
  ["institutionId", PIED_PIPER],
  ["statement", statement(content)],
];

async function upload(backend: MobileBackend, ...fields: Field[]) {
  return uploadForm(backend, await formOf(...fields));
}

test("a statement becomes a job of ours, which reads it and has no source", async () => {
  const backend = new MobileBackend(system());
  const reply = await upload(backend, ...usual());
  const jobId = begun(reply);
  expect(reply.json).toMatchObject({ links: { self: `${system().apiUrl}/jobs/${jobId}` } });
  const job = await succeeded(backend, jobId);
  expect(statuses(job.steps)).toEqual(READ.map((title) => `${title}: success`));
  expect(job.links.source).toBeUndefined();
  const { data } = page(await list(backend));
  expect(data.map(({ id, institution }) => [id, institution.id])).toEqual([[jobId, PIED_PIPER]]);
});

test("several statements are read at once, also while a bank is being connected", async () => {
  const backend = new MobileBackend(system());
  const connecting = await backend.startJob(PIED_PIPER, { loginId: "jared", password: "django" });
  const [one, two] = await Promise.all([upload(backend, ...usual()), upload(backend, ...usual())]);
  const ids = [begun(one), begun(two)];
  expect(new Set([connecting, ...ids]).size).toBe(3);
  for (const id of ids) await succeeded(backend, id);
  await backend.untilAsked(connecting);
});

test("a user's own token may upload", async () => {
  const backend = new MobileBackend(system());
  const token = await backend.token({ scope: "CLIENT_ACCESS", userId: backend.userId });
  const { type, body } = await formOf(...usual());
  const headers = { authorization: `Bearer ${token}`, "content-type": type };
  const reply = await backend.send("POST", `/users/${backend.userId}/statements`, { headers, body });
  await succeeded(backend, begun(reply));
});

test("a file that is no statement fails in the aggregator's words", async () => {
  const backend = new MobileBackend(system());
  const fields: Field[] = [
    ["institutionId", PIED_PIPER],
    ["statement", statement("a picture", "a.png")],
  ];
  const { steps } = await backend.untilOver(begun(await upload(backend, ...fields)));
  expect(steps[0]).toMatchObject({ status: "failed", result: { code: "bank-statement-not-supported" } });
});

test("a statement of 4.5 MB passes, and one byte more does not", async () => {
  const backend = new MobileBackend(system());
  const around = (await formOf(...usual(""))).body.byteLength;
  const filled = (bytes: number) => formOf(...usual(PDF.padEnd(bytes - around, "x")));
  const largest = await filled(MAX_BYTES);
  expect(largest.body.byteLength).toBe(MAX_BYTES);
  await succeeded(backend, begun(await uploadForm(backend, largest)));
  const { status, json } = await uploadForm(backend, await filled(MAX_BYTES + 1));
  expect(status).toBe(413);
  expect(json).toMatchObject({
    data: [{ code: "invalid-content", detail: "Request body must not be larger than 4.5 MB." }],
  });
});

test("many large statements at once are all read", async () => {
  const backend = new MobileBackend(system());
  const large = await formOf(...usual(PDF.padEnd(1_000_000, "x")));
  const replies = await Promise.all(Array.from({ length: 12 }, () => uploadForm(backend, large)));
  const ids = replies.map(begun);
  expect(new Set(ids).size).toBe(12);
  for (const id of ids) await succeeded(backend, id);
});

const refusal = z.object({ data: z.tuple([z.object({ code: z.string(), detail: z.string() })]) });

test.each<[string, Field[], string, string]>([
  ["no bank", [["statement", statement()]], "invalid-content", "Institution ID not provided"],
  [
    "an empty bank",
    [
      ["institutionId", ""],
      ["statement", statement()],
    ],
    "invalid-content",
    "Institution ID not provided",
  ],
  ["no statement", [["institutionId", PIED_PIPER]], "invalid-content", "Statement not provided"],
  [
    "an unknown bank",
    [
      ["institutionId", "AU99999"],
      ["statement", statement()],
    ],
    "parameter-not-valid",
    "Requested institution does not exist.",
  ],
  [
    "a bank that is no id",
    [
      ["institutionId", "../AU00002"],
      ["statement", statement()],
    ],
    "parameter-not-valid",
    "Requested institution does not exist.",
  ],
  [
    "a bank that takes none",
    [
      ["institutionId", HOOLI],
      ["statement", statement()],
    ],
    "institution-not-supported",
    "The institution does not support the upload of statements.",
  ],
])("a form with %s is refused, and makes no job", async (_, fields, code, detail) => {
  const backend = new MobileBackend(system());
  const { status, json } = await upload(backend, ...fields);
  expect(status).toBe(400);
  expect(refusal.parse(json).data[0]).toMatchObject({ code, detail });
  expect(page(await list(backend)).size).toBe(0);
});

test.each<[string, string, string, number, string]>([
  ["JSON", "application/json", "{}", 415, "Content type must be multipart/form-data."],
  ["no boundary", "multipart/form-data", "x", 400, "Request body must be a multipart form."],
  [
    "another boundary",
    "multipart/form-data; boundary=b",
    "--a\r\n",
    400,
    "Request body must be a multipart form.",
  ],
  ["an empty body", "multipart/form-data; boundary=b", "", 400, "Request body must be a multipart form."],
])("a body with %s is refused", async (_, type, text, status, detail) => {
  const backend = new MobileBackend(system());
  const reply = await uploadForm(backend, { type, body: new Uint8Array(Buffer.from(text)) });
  expect(reply.status).toBe(status);
  expect(refusal.parse(reply.json).data[0].detail).toBe(detail);
  expect(await backend.upstreamCalls()).toEqual([]);
});

test("the token of another user is refused before the form is read", async () => {
  const backend = new MobileBackend(system());
  const token = await backend.token({ scope: "CLIENT_ACCESS", userId: "somebody-else" });
  const { type, body } = await formOf(...usual());
  const headers = { authorization: `Bearer ${token}`, "content-type": type };
  const reply = await backend.send("POST", `/users/${backend.userId}/statements`, { headers, body });
  expect(reply.status).toBe(401);
});
