import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { takenPort, temporaryDirectory } from "./local-mode.ts";
import { LOCAL_MODE, startProgram, type Variables } from "./program.ts";

async function ends(variables: Variables) {
  return startProgram(LOCAL_MODE, { PORT: "0", SANDBOX_PORT: "0", ...variables }).ended();
}

const refusal = (line: string) => ({ code: 1, signal: null, stdout: "", stderr: `${line}\n` });

describe("local mode ends with one clear line", () => {
  test("when its port is taken", async () => {
    const port = await takenPort();
    expect(await ends({ PORT: port })).toEqual(refusal(`Port ${port} is taken. Set PORT to another one.`));
  });

  test("when the sandbox's port is taken", async () => {
    const port = await takenPort();
    expect(await ends({ SANDBOX_PORT: port })).toEqual(
      refusal(`Port ${port} is taken. Set SANDBOX_PORT to another one.`),
    );
  });

  test("when its data directory cannot be made", async () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    const below = join(file, "data");
    expect(await ends({ DATA_DIR: below })).toEqual(refusal(`DATA_DIR cannot be written: ${below}`));
  });

  test.each([
    [["PORT"], { PORT: "http" }],
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
  ])("that names %j when they are not valid", async (names, variables) => {
    expect(await ends(variables)).toEqual(refusal(`Not valid in the environment: ${names.join(", ")}.`));
  });

  test("when a setting is written in another way", async () => {
    expect(await ends({ TIMESCALE: "10" })).toEqual(
      refusal("The environment has TIMESCALE, which nothing reads. Did you mean TIME_SCALE?"),
    );
  });

  test("when it is to use an upstream without a key", async () => {
    expect(await ends({ UPSTREAM_URL: "http://127.0.0.1:9" })).toEqual(
      refusal("UPSTREAM_URL needs UPSTREAM_API_KEY."),
    );
  });
});
