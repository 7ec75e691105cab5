import { type Institution, shortNameOf } from "./institutions.ts";
import { logoOf } from "./logo.ts";
import type { Condition } from "./state.ts";

const web = ["web"] as const;
const loginCaptions = { loginIdCaption: "Login", passwordCaption: "Password" } as const;
const tokenCaption = { userTokenCaption: "User token" } as const;
/** A page of nobody, as in the published examples. */
const forgottenPasswordUrl = "https://example.com/forgotten-password";
const extraCaptions = {
  securityCode: { securityCodeCaption: "Security Code" },
  secondaryLoginId: { secondaryLoginIdCaption: "Secondary Login" },
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
  securityCode: { security_code_caption: "Security Code" },
  secondaryLoginId: { secondary_login_id_caption: "Secondary Login" },
} as const;

export function connectorReply(institution: Institution, status: Condition["status"], baseUrl: string) {
  const { id, name, shortName, institutionType, country, tier, stage, stats, logo } = institutionReply(
    institution,
    status,
    baseUrl,
  );
  const asksMore = institution.extraFields.map((field) => connectorCaptions[field]);
  const captions =
    institution.authorization === "token" ? {} : { login_id_caption: "Login", password_caption: "Password" };
  return {
    type: "connector",
    id,
    method: "web",
    status,
    stage,
    scopes: noScopes,
    authorization: {
      type: institution.authorization,
      meta: { ...captions, ...Object.assign({}, ...asksMore), forgotten_password_url: forgottenPasswordUrl },
    },
    institution: { type: institutionType, name, shortName, country, tier, logo },
    stats,
    links: { self: `${baseUrl}/connectors/${id}/web` },
  };
}
