import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { readLocalSettings } from "../../infra/local/local-settings.ts";
import { startLocal } from "../../infra/local/start-local.ts";
import { LOCAL_MODE, portTaken, startProgram, temporaryDirectory } from "./program.ts";

test("Local mode prints in one line which setting is not valid, and ends with 1", async () => {
  expect(await startProgram(LOCAL_MODE, { PORT: "http" }).ended()).toEqual({
    code: 1,
    signal: null,
    stdout: "",
    stderr: "Not valid in the environment: PORT.\n",
  });
});

describe("Local mode does not start", () => {
  test.each([
    [["TIME_SCALE"], { TIME_SCALE: "0" }],
    [
      ["PORT", "SANDBOX_PORT", "LOCAL_API_KEY", "TIME_SCALE", "UPSTREAM_URL"],
      {
        PORT: "70000",
        SANDBOX_PORT: "-1",
        LOCAL_API_KEY: "short",
        TIME_SCALE: "fast",
        // Logins would go there in the clear.
        UPSTREAM_URL: "http://aggregator.example",
      },
    ],
  ])("with values of %j that are not valid", (names, variables) => {
    expect(() => readLocalSettings(variables)).toThrow(
      new Error(`Not valid in the environment: ${names.join(", ")}.`),
    );
  });

  test("with a setting in another spelling", () => {
    expect(() => readLocalSettings({ TIMESCALE: "10" })).toThrow(
      new Error("The environment has TIMESCALE, which nothing reads. Did you mean TIME_SCALE?"),
    );
  });

  test("with the address of an aggregator and no API key for it", () => {
    expect(() => readLocalSettings({ UPSTREAM_URL: "http://127.0.0.1:9" })).toThrow(
      new Error("UPSTREAM_URL needs UPSTREAM_API_KEY."),
    );
  });

  test("with a DATA_DIR that cannot be made", () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    const below = join(file, "data");
    expect(() => readLocalSettings({ DATA_DIR: below })).toThrow(
      new Error(`DATA_DIR cannot be written: ${below}`),
    );
  });

  test.each(["PORT", "SANDBOX_PORT"])("when another program has taken its %s", async (name) => {
    const { port, close } = await portTaken();
    onTestFinished(() => void close());
    const settings = readLocalSettings({ PORT: "0", SANDBOX_PORT: "0", [name]: port });
    await expect(startLocal(settings)).rejects.toThrow(
      new Error(`Port ${port} is taken. Set ${name} to another one.`),
    );
  });
});
