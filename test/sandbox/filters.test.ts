import { expect, test } from "vitest";
import { connected, connectionsPath, gavin, jared, openSandbox } from "./open-sandbox.ts";

async function found(bank: Awaited<ReturnType<typeof openSandbox>>, path: string, filter: string) {
  const token = path.startsWith("/public") ? null : await bank.newToken();
  const { status, text } = await bank.send("GET", `${path}?filter=${encodeURIComponent(filter)}`, { token });
  const { data, totalCount } = JSON.parse(text);
  if (status !== 200) return [status, ...data];
  if (totalCount !== undefined) expect(totalCount).toBe(data.length);
  return data.map(({ id, institution }: Record<string, { id: string }>) => institution?.id ?? id);
}

const sentByTheConnectPage = [
  "institution.stage.ne('alpha')",
  "institution.country.eq('Australia')",
  "institution.authorization.in('user-mfa', 'user-mfa-intermittent')",
  "institution.openBankingSource.eq('web')",
].join();

test.each([
  ["/institutions", "institution.country.in('Yugoslavia')", []],
  ["/institutions", "institution.tier.in('1','4'),institution.authorization.eq('token')", ["AU19301"]],
  [
    "/institutions",
    "institution.authorization.ne('user'),institution.tier.ne('1')",
    ["AU00002", "AU00003", "AU00005", "AU19301"],
  ],
  ["/public/institutions", sentByTheConnectPage, ["AU00002", "AU00003", "AU00005"]],
  ["/connectors", "connector.id.eq('AU00004')", ["AU00004"]],
  [
    "/public/connectors",
    "connector.authorization.type.in('token','user-mfa-intermittent')",
    ["AU00003", "AU19301"],
  ],
  ["/connectors", "connector.method.eq('open-banking')", []],
  ["/connectors", "connector.connectorEngine.ne('node')", []],
])("the list of %s is filtered by %s", async (path, filter, ids) => {
  const bank = await openSandbox();
  expect(await found(bank, path, filter)).toEqual(ids);
});

test("connections are filtered by their id, their status and their institution", async () => {
  const bank = await openSandbox();
  const id = await connected(bank, "AU00000", gavin);
  await bank.create("AU00002", jared);
  expect(await found(bank, connectionsPath(), "status.eq('active')")).toEqual(["AU00000"]);
  expect(await found(bank, connectionsPath(), "institution.id.eq('AU00002')")).toEqual(["AU00002"]);
  expect(await found(bank, connectionsPath(), `id.ne('${id}')`)).toEqual(["AU00002"]);
});

test.each([
  ["/institutions", "institution.country.eq('Yugoslavia')"],
  ["/institutions", "institution.stage.in('live')"],
  ["/institutions", "institution.constructor.eq('live')"],
  ["/institutions", "institution.tier.eq('1','2')"],
  ["/institutions", "institution.tier.eq(1)"],
  ["/institutions", "institution.tier.eq('1'),"],
  ["/institutions", "institution.tier.eq('1') institution.tier.eq('1')"],
  ["/connectors", "institution.tier.eq('1')"],
  ["/users/user-1/connections", "status.eq('gone')"],
  ["/users/user-1/jobs", "institution.id.eq('AU00000')"],
])("the list of %s refuses %s in the aggregator's words", async (path, filter) => {
  const bank = await openSandbox();
  await bank.send("POST", "/users/user-1", { body: {} });
  expect(await found(bank, path, filter)).toEqual([
    400,
    {
      type: "error",
      code: "parameter-not-valid",
      title: "Parameter value is not valid",
      detail: "The provided filter parameter is in invalid format or unsupported",
      source: { parameter: "filter" },
    },
  ]);
});
