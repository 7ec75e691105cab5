import { expect, test } from "vitest";
import { PASSED_ROUTES } from "../../functions/pass-through/routes.ts";

test("A route without a user in its path is open to a server only if it makes a user", () => {
  const forServers = Object.values(PASSED_ROUTES).filter(
    ({ path, callers }) => callers === "server" && !path.startsWith("/users/{userId}"),
  );
  expect(forServers.map(({ path }) => path)).toEqual(["/users"]);
});

test("Everybody may call exactly the routes under /public", () => {
  for (const { path, callers } of Object.values(PASSED_ROUTES)) {
    expect([path, callers === "everybody"]).toEqual([path, path.startsWith("/public/")]);
  }
});
