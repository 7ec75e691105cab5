import { describe, expect, test } from "vitest";
import { readBank, readBanks, readConnectedBank } from "../../../../functions/aggregators/basiq/replies.ts";
import { cachedBanks } from "../../../../functions/aggregators/cached-banks.ts";
import { type Bank, type Banks, fieldsOf, initialsOf, matching } from "../../../../functions/page/bank.ts";
import { fakeClock } from "../../../support/fake-clock.ts";

const RECORD = {
  id: "AU00006",
  name: "Raviga",
  authorization: "user",
  stage: "live",
  status: "operational",
  loginIdCaption: "Member number",
  passwordCaption: "Password",
  securityCodeCaption: "Code",
};

function bank(changes: Partial<Bank> = {}): Bank {
  return { ...readBank(RECORD), ...changes };
}

describe("a record of the aggregator", () => {
  test("is read with its captions, and without what is missing", () => {
    expect(readBank(RECORD)).toEqual({
      id: "AU00006",
      name: "Raviga",
      authorization: "user",
      needsSecurityCode: true,
      needsSecondaryLoginId: false,
      status: "operational",
      captions: { loginId: "Member number", password: "Password", securityCode: "Code" },
    });
    expect(readBank({ id: "AU1" })).toMatchObject({ name: "AU1", captions: {} });
  });

  test.each([
    ["https://bank.example/forgotten?x=1", "https://bank.example/forgotten?x=1"],
    ["http://bank.example/", undefined],
    ["javascript:alert(1)", undefined],
    ['https://bank.example/"><script>', undefined],
    [7, undefined],
  ])("links to a page of the bank only by https: %j", (forgottenPasswordUrl, expected) => {
    expect(readBank({ ...RECORD, forgottenPasswordUrl }).forgottenPasswordUrl).toBe(expected);
  });

  test("is in the list unless it is tried out, connects in another way, or is none", () => {
    const data = [
      RECORD,
      { ...RECORD, id: "AU2", stage: "alpha" },
      { ...RECORD, id: "AU3", authorization: "open-banking" },
      { ...RECORD, id: "AU4", authorization: "user-token" },
      { ...RECORD, id: 5 },
      "none",
    ];
    expect(readBanks({ data }).map(({ id }) => id)).toEqual(["AU00006", "AU4"]);
    expect(() => readBanks({ data: "none" })).toThrow();
  });

  test("of version 3.0 has its name in the connector", () => {
    const connector = { id: "AU00006", status: "operational", authorization: { type: "user" } };
    expect(readConnectedBank({ ...connector, institution: { name: "Raviga" } }).name).toBe("Raviga");
    expect(readConnectedBank(connector).name).toBe("AU00006");
  });
});

describe("a person", () => {
  const banks = ["Pied Piper Bank", "Über Bank", "Aviato Mutual"].map((name) => bank({ name }));

  test.each([
    ["", ["Aviato Mutual", "Pied Piper Bank", "Über Bank"]],
    ["  bank PIPER ", ["Pied Piper Bank"]],
    ["uber", ["Über Bank"]],
    ["ÜBER", ["Über Bank"]],
    ["(.*", []],
  ])("finds banks by words of their names: %j", (search, names) => {
    expect(matching(banks, search, "en").map(({ name }) => name)).toEqual(names);
  });

  test.each([
    ["Pied Piper Bank", "PP"],
    ["raviga", "R"],
    ["  St.George ", "SG"],
    ["🏦", ""],
  ])("knows a bank without a logo by its initials: %j", (name, initials) => {
    expect(initialsOf({ name })).toBe(initials);
  });

  test.each([
    [bank(), false, ["loginId", "password", "securityCode"]],
    [bank(), true, ["password", "securityCode"]],
    [bank({ authorization: "token", needsSecurityCode: false }), false, ["userToken"]],
    [bank({ authorization: "token", needsSecurityCode: false }), true, ["userToken"]],
  ])("fills in what the bank needs (%#)", (of, isUpdate, fields) => {
    expect(fieldsOf(of, isUpdate)).toEqual(fields);
  });
});

describe("the cache", () => {
  function counted() {
    const calls: string[] = [];
    const banks: Banks = {
      all: async () => {
        calls.push("all");
        return [bank()];
      },
      find: async (id) => {
        calls.push(id);
        return id === "AU00006" ? bank() : undefined;
      },
    };
    const clock = fakeClock();
    return { calls, clock, cached: cachedBanks(banks, clock) };
  }

  test("asks the aggregator once a minute, and for an unknown bank each time", async () => {
    const { calls, clock, cached } = counted();
    for (let time = 0; time < 3; time++) {
      await cached.all();
      await cached.find("AU00006");
    }
    expect(calls).toEqual(["all", "AU00006"]);
    clock.pass(60_000);
    await cached.all();
    expect((await cached.find("AU00006"))?.name).toBe("Raviga");
    expect(calls).toEqual(["all", "AU00006", "all", "AU00006"]);
    await cached.find("none");
    expect(await cached.find("none")).toBeUndefined();
    expect(calls.slice(4)).toEqual(["none", "none"]);
  });
});
