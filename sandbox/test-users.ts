import type { Verdict } from "./state.ts";

/** A published test login. It gives access to no real account. */
type TestUser = { readonly password: string; readonly fullName: string; readonly verdict: Verdict };

const testUsers: ReadonlyMap<string, TestUser> = new Map<string, TestUser>([
  ["Wentworth-Smith", { password: "whislter", fullName: "Max Wentworth-Smith", verdict: "accepted" }],
  ["Whistler", { password: "ShowBox", fullName: "Whistler Smith", verdict: "accepted" }],
  ["Gilfoyle", { password: "PiedPiper", fullName: "Bertram Gilfoyle", verdict: "accepted" }],
  ["gavinBelson", { password: "hooli2016", fullName: "Gavin Belson", verdict: "accepted" }],
  ["jared", { password: "django", fullName: "Jared Dunn", verdict: "accepted" }],
  ["richard", { password: "tabsnotspaces", fullName: "Richard Hendricks", verdict: "accepted" }],
  ["laurieBream", { password: "business2024", fullName: "Laurie Bream", verdict: "accepted" }],
  ["ashMann", { password: "hooli2024", fullName: "Ash Mann", verdict: "accepted" }],
  ["bighead", { password: "password", fullName: "Nelson Bighetti", verdict: "account-locked" }],
  ["erlich", { password: "aviato", fullName: "Erlich Bachman", verdict: "user-action-required" }],
  ["jianYang", { password: "nothotdog", fullName: "Jian Yang", verdict: "bank-service-unavailable" }],
]);

const tokenUser = { name: "token-user", fullName: "Token Customer", userToken: "token:PTln18RhwL" } as const;

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

export function fullNameOf(testUser: string | null): string | undefined {
  if (testUser === null) return undefined;
  return testUser === tokenUser.name ? tokenUser.fullName : testUsers.get(testUser)?.fullName;
}
