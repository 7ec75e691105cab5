import { describe, expect, test } from "vitest";
import { openSandbox } from "./open-sandbox.ts";
import { institutionListShape, institutionShape } from "./reply-shapes.ts";

const login = { loginIdCaption: "Login", passwordCaption: "Password" };

describe("the record of an institution", () => {
  test.each([
    ["AU00000", "Hooli Bank", "user", login],
    ["AU00002", "Pied Piper Bank", "user-mfa", login],
    ["AU00003", "Nucleus Bank", "user-mfa-intermittent", login],
    ["AU00004", "HooliGov Bank", "user", login],
    ["AU00005", "Aviato Mutual", "user-mfa", login],
    [
      "AU00006",
      "Raviga",
      "user",
      { ...login, securityCodeCaption: "Security Code", secondaryLoginIdCaption: "Secondary Login" },
    ],
    ["AU19301", "Token Test Bank", "token", {}],
  ])("%s says how to log in", async (id, name, authorization, captions) => {
    const bank = await openSandbox();
    const record = await bank.expectReply(institutionShape, 200, "GET", `/institutions/${id}`);
    expect(record).toMatchObject({ id, name, authorization, status: "operational" });
    expect(record.links.self).toBe(`${bank.url}/institutions/${id}`);
    const shown = Object.entries(record).filter(([field]) => field.endsWith("Caption"));
    expect(Object.fromEntries(shown)).toEqual(captions);
  });

  test("that is unknown is not found", async () => {
    const bank = await openSandbox();
    expect(await bank.refused(404, "GET", "/institutions/AU99999")).toEqual([
      {
        type: "error",
        code: "resource-not-found",
        title: "Requested resource is not found",
        detail: "Requested institution does not exist.",
      },
    ]);
  });

  test("is in the list with every other", async () => {
    const bank = await openSandbox();
    const list = await bank.expectReply(institutionListShape, 200, "GET", "/institutions");
    const ids = ["AU00000", "AU00002", "AU00003", "AU00004", "AU00005", "AU00006", "AU19301"];
    expect(list.data.map((record) => record.id)).toEqual(ids);
    expect(list.totalCount).toBe(ids.length);
  });
});
