import { type Institution, shortNameOf } from "./institutions.ts";
import { logoOf } from "./logo.ts";
import type { Condition } from "./state.ts";

const web = ["web"] as const;
/** How a bank names the fields of its login. */
export const captions = {
  loginId: "Login",
  password: "Password",
  userToken: "User token",
  securityCode: "Security Code",
  secondaryLoginId: "Secondary Login",
} as const;
const loginCaptions = { loginIdCaption: captions.loginId, passwordCaption: captions.password } as const;
const tokenCaption = { userTokenCaption: captions.userToken } as const;
/** A page that belongs to nobody, as in the published examples. */
const forgottenPasswordUrl = "https://example.com/forgotten-password";
const extraCaptions = {
  securityCode: { securityCodeCaption: captions.securityCode },
  secondaryLoginId: { secondaryLoginIdCaption: captions.secondaryLoginId },
} as const;

export function institutionReply(institution: Institution, status: Condition["status"], baseUrl: string) {
  const asksMore = institution.extraFields.map((field) => extraCaptions[field]);
  return {
    type: "institution",
    id: institution.id,
    name: institution.name,
    shortName: shortNameOf(institution),
    institutionType: "Test Bank",
    country: "Australia",
    serviceName: "Personal Online Banking",
    serviceType: "Personal Banking",
    stage: "live",
    tier: "4",
    authorization: institution.authorization,
    ...(institution.authorization === "token" ? tokenCaption : loginCaptions),
    ...Object.assign({}, ...asksMore),
    forgottenPasswordUrl,
    status,
    features: {
      login: web,
      mfaChallenge: web,
      accounts: {
        accountHolder: web,
        accountNo: web,
        availableFunds: web,
        balance: web,
        currency: web,
        lastUpdated: web,
        meta: [],
        name: web,
      },
      profile: {
        emailAddresses: web,
        firstName: web,
        fullName: web,
        lastName: web,
        middleName: web,
        phoneNumbers: web,
        physicalAddresses: web,
      },
      transactions: { class: web, amount: web, balance: web, date: web, description: web, status: web },
    },
    stats: {
      averageDurationMs: {
        verifyCredentials: 2_000,
        retrieveAccounts: 2_000,
        retrieveMeta: 0,
        retrieveTransactions: 2_000,
        total: 6_000,
      },
    },
    logo: logoOf(institution),
    links: { self: `${baseUrl}/institutions/${institution.id}` },
  };
}

const noScopes: readonly string[] = [];
const connectorCaptions = {
  securityCode: { security_code_caption: captions.securityCode },
  secondaryLoginId: { secondary_login_id_caption: captions.secondaryLoginId },
} as const;

export function connectorReply(institution: Institution, status: Condition["status"], baseUrl: string) {
  const { id, name, shortName, institutionType, country, tier, stage, stats, logo } = institutionReply(
    institution,
    status,
    baseUrl,
  );
  const asksMore = institution.extraFields.map((field) => connectorCaptions[field]);
  const ofLogin =
    institution.authorization === "token"
      ? {}
      : { login_id_caption: captions.loginId, password_caption: captions.password };
  return {
    type: "connector",
    id,
    method: "web",
    status,
    stage,
    scopes: noScopes,
    authorization: {
      type: institution.authorization,
      meta: { ...ofLogin, ...Object.assign({}, ...asksMore), forgotten_password_url: forgottenPasswordUrl },
    },
    institution: { type: institutionType, name, shortName, country, tier, logo },
    stats,
    links: { self: `${baseUrl}/connectors/${id}/web` },
  };
}
