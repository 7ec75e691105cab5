import type { Verdict } from "./state.ts";

/** A published test login. It gives access to no real account. */
type TestUser = { readonly password: string; readonly verdict: Verdict };

const testUsers: ReadonlyMap<string, TestUser> = new Map<string, TestUser>([
  ["Wentworth-Smith", { password: "whislter", verdict: "accepted" }],
  ["Whistler", { password: "ShowBox", verdict: "accepted" }],
  ["Gilfoyle", { password: "PiedPiper", verdict: "accepted" }],
  ["gavinBelson", { password: "hooli2016", verdict: "accepted" }],
  ["jared", { password: "django", verdict: "accepted" }],
  ["richard", { password: "tabsnotspaces", verdict: "accepted" }],
  ["laurieBream", { password: "business2024", verdict: "accepted" }],
  ["ashMann", { password: "hooli2024", verdict: "accepted" }],
  ["bighead", { password: "password", verdict: "account-locked" }],
  ["erlich", { password: "aviato", verdict: "user-action-required" }],
  ["jianYang", { password: "nothotdog", verdict: "bank-service-unavailable" }],
]);

/** For programs that offer the published logins to a person. */
export const publishedLogins: readonly { readonly loginId: string; readonly password: string }[] = [
  ...testUsers,
].map(([loginId, { password }]) => ({ loginId, password }));

const tokenUser = { name: "token-user", userToken: "token:PTln18RhwL" } as const;

/** The part of a login that is stored: the published test user, if any, and the bank's reply. Never the secret. */
export type JudgedLogin = { readonly testUser: string | null; readonly verdict: Verdict };

export function judgePassword(loginId: string | null, password: string): JudgedLogin {
  const user = loginId === null ? undefined : testUsers.get(loginId);
  if (user === undefined) return { testUser: null, verdict: "credentials-refused" };
  return { testUser: loginId, verdict: user.password === password ? user.verdict : "credentials-refused" };
}

export function judgeUserToken(userToken: string): JudgedLogin {
  return userToken === tokenUser.userToken
    ? { testUser: tokenUser.name, verdict: "accepted" }
    : { testUser: null, verdict: "credentials-refused" };
}
