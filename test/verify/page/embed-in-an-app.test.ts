import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { textOf } from "../../docs/pages.ts";
import { HOOLI } from "../../journeys/logins.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { Person } from "../support/person.ts";
import { ROOT, temporaryDirectory } from "../support/program.ts";
import { newCompany } from "./visits.ts";

const RETURN_URL = "com.example.app:/bank";
const system = localSystem(10, () => ({ settings: { returnUrls: RETURN_URL } }));

/** The code of the backend, for this local mode. */
async function backendOfPage() {
  const { apiUrl, apiKey } = targetOf(system());
  const [, block = ""] = /```ts\n(.+?)```/s.exec(textOf("docs/embed-in-an-app.md")) ?? [];
  const folder = temporaryDirectory();
  const source = join(folder, "backend.ts");
  writeFileSync(
    source,
    block.replaceAll("http://127.0.0.1:3000", apiUrl).replaceAll("local-development-key", apiKey),
  );
  const outfile = join(folder, "backend.mjs");
  const alias = { "connection-jobs/client": join(ROOT, "client/client.ts") };
  await build({ entryPoints: [source], outfile, bundle: true, format: "esm", platform: "node", alias });
  return import(outfile);
}

test("the backend of docs/embed-in-an-app.md makes a link, and believes only its own way back", async () => {
  const { startLink, finishLink } = await backendOfPage();
  const [{ userId }, other] = await Promise.all([
    newCompany(targetOf(system())),
    newCompany(targetOf(system())),
  ]);
  const person = new Person(system().apiUrl);
  await person.open(await startLink(userId, RETURN_URL));
  await person.submit("Continue");
  await person.press("HB Hooli Bank");
  await person.submit("Log in", { Login: "gavinBelson", Password: "hooli2016" });
  await person.untilHeading(/is connected$/);
  const returned = person.link("Go back to the app");
  expect(returned.startsWith(`${RETURN_URL}?jobIds=`)).toBe(true);
  await expect(finishLink(other.userId, returned)).rejects.toThrow("not the way back");
  const foreign = await other.startJob(HOOLI, { loginId: "gavinBelson", password: "hooli2016" });
  const added = returned.replace("jobIds=", `jobIds=${foreign}%2C`);
  expect(await finishLink(userId, added)).toEqual(["succeeded"]);
  await expect(finishLink(userId, returned)).rejects.toThrow("not the way back");
});
