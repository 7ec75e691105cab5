import { expect, test } from "vitest";
import { UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import type { Login } from "../../../functions/jobs/domain/login.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { acceptConnection } from "../../../functions/jobs/use-cases/create-connection.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { gavin, USER_ID } from "../../support/job-examples.ts";

async function refusalOf(ports: FakePorts, institutionId: string | undefined, login: Login) {
  try {
    await acceptConnection(ports, { userId: USER_ID, institutionId, login });
  } catch (error) {
    if (error instanceof Refusal) return error.problems;
    throw error;
  }
  return [];
}

const missing = (...fields: string[]) => fields.map((field) => ({ reason: "field-missing", field }));

test.each([
  ["AU00000", {}, ["loginId", "password"]],
  ["AU00000", { loginId: gavin.loginId }, ["password"]],
  ["AU00006", {}, ["loginId", "password", "securityCode", "secondaryLoginId"]],
  ["AU00006", gavin, ["securityCode", "secondaryLoginId"]],
  ["AU19301", gavin, ["userToken"]],
  [undefined, {}, ["institution.id", "loginId", "password"]],
  [undefined, gavin, ["institution.id"]],
  [undefined, { userToken: new Secret("t") }, ["institution.id"]],
] as const)("at %s a login of %o is refused for all that is missing", async (id, login, fields) => {
  const ports = fakePorts();
  expect(await refusalOf(ports, id, login)).toEqual(missing(...fields));
  expect([ports.jobs.rows.size, ports.vault.names().length, ports.claims.held.size]).toEqual([0, 0, 0]);
});

test("an unknown institution is refused, and nothing is kept", async () => {
  const ports = fakePorts();
  expect(await refusalOf(ports, "AU99999", gavin)).toEqual([
    { reason: "unknown-institution", field: "institution.id" },
  ]);
  expect(ports.vault.names()).toEqual([]);
});

test("a login with more than is needed is taken", async () => {
  const login = { ...gavin, securityCode: new Secret("1"), userToken: new Secret("t") };
  expect(await refusalOf(fakePorts(), "AU00000", login)).toEqual([]);
});

test("an upstream that cannot be asked keeps the request out, and nothing is kept", async () => {
  const ports = fakePorts();
  ports.institutions.institution = async () => {
    throw new UpstreamUnavailable();
  };
  await expect(refusalOf(ports, "AU00000", gavin)).rejects.toThrow(UpstreamUnavailable);
  expect(ports.vault.names()).toEqual([]);
});
