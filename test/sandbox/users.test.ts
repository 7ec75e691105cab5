import { describe, expect, test } from "vitest";
import * as z from "zod";
import { connected, connectionsPath, createBody, gavin, openSandbox } from "./open-sandbox.ts";

const stub = z.object({ type: z.literal("user"), id: z.uuidv4(), email: z.string(), mobile: z.string() });
const entries = z.object({
  type: z.literal("list"),
  count: z.int(),
  data: z.array(z.object({ id: z.string() })),
});
const user = z.object({
  ...stub.shape,
  id: z.string(),
  name: z.string(),
  connections: entries,
  accounts: entries,
});

const body = { email: "gavin@hooli.com", mobile: "+61410888666", firstName: "Gavin", lastName: "Belson" };

describe("a user", () => {
  test("is created with a UUID, changed field by field, and read with its connections", async () => {
    const bank = await openSandbox();
    const { id } = await bank.expectReply(stub, 201, "POST", "/users", { body });
    const change = { body: { mobile: "+61410888999", email: null } };
    expect(await bank.expectReply(stub, 200, "POST", `/users/${id}`, change)).toMatchObject({
      email: body.email,
      mobile: "+61410888999",
    });
    await bank.create("AU00000", gavin, id);
    const [connection] = await bank.connectionsOf(id);
    const read = await bank.expectReply(user, 200, "GET", `/users/${id}`);
    expect(read).toMatchObject({ name: "Gavin Belson", mobile: "+61410888999" });
    expect(read.connections).toEqual({ type: "list", count: 1, data: [{ id: connection?.id }] });
  });

  test.each([
    [{}, "parameter-not-supplied", "One of 'email' or 'mobile' is required."],
    [{ email: "", firstName: "Gavin" }, "parameter-not-supplied", "One of 'email' or 'mobile' is required."],
    [{ email: 5 }, "parameter-not-valid", "Parameter is not of the right type."],
  ])("is not created by %o", async (wrong, code, detail) => {
    const bank = await openSandbox();
    expect(await bank.refused(400, "POST", "/users", { body: wrong })).toMatchObject([{ code, detail }]);
  });

  test("exists from its first POST, also from a refused one, until it is deleted with all that is its own", async () => {
    const bank = await openSandbox();
    const detail = "Requested user does not exist.";
    const isMissing = async () =>
      expect(await bank.refused(404, "GET", "/users/user-1")).toMatchObject([{ detail }]);
    await isMissing();
    expect(await bank.jobsOf()).toEqual([]);
    await bank.refused(400, "POST", connectionsPath(), { body: {} });
    await bank.expectReply(user, 200, "GET", "/users/user-1");
    await connected(bank, "AU00003", gavin);
    await bank.create("AU00000", gavin, "user-2");
    expect((await bank.send("DELETE", "/users/user-1")).status).toBe(204);
    expect(await bank.refused(404, "DELETE", "/users/user-1")).toMatchObject([{ detail }]);
    await isMissing();
    expect(await bank.jobsOf()).toEqual([]);
    expect(await bank.jobsOf("user-2")).toHaveLength(1);
    await bank.send("POST", connectionsPath(), { body: createBody });
    expect(await bank.connectionsOf()).toHaveLength(1);
  });
});

test("the record of a bank contains its logos", async () => {
  const bank = await openSandbox();
  const { text } = await bank.send("GET", "/public/institutions", { token: null });
  for (const { name, logo } of JSON.parse(text).data) {
    const [full, square] = await Promise.all(
      [logo.links.full, logo.links.square].map(async (link) => (await fetch(link)).text()),
    );
    expect([full, square]).toEqual([
      expect.stringContaining(`>${name}<`),
      expect.stringMatching(/^<svg .*<\/svg>$/),
    ]);
  }
});
