import type { Institution } from "./institutions.ts";
import type { Condition } from "./state.ts";

const web = ["web"] as const;
const loginCaptions = { loginIdCaption: "Login", passwordCaption: "Password" } as const;
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
    shortName: institution.name.split(" ", 1).join(),
    institutionType: "Test Bank",
    country: "Australia",
    serviceName: "Personal Online Banking",
    serviceType: "Personal Banking",
    stage: "live",
    tier: "4",
    authorization: institution.authorization,
    ...(institution.authorization === "token" ? {} : loginCaptions),
    ...Object.assign({}, ...asksMore),
    status,
    features: {
      login: web,
      mfaChallenge: web,
      accounts: { balance: web, currency: web, name: web, accountNo: web, availableFunds: web },
      profile: { fullName: web },
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
    logo: {
      type: "image",
      links: {
        full: `${baseUrl}/logos/${institution.id}-full.svg`,
        square: `${baseUrl}/logos/${institution.id}.svg`,
      },
    },
    links: { self: `${baseUrl}/institutions/${institution.id}` },
  };
}

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
    scopes: [],
    authorization: {
      type: institution.authorization,
      meta: { ...captions, ...Object.assign({}, ...asksMore) },
    },
    institution: { type: institutionType, name, shortName, country, tier, logo },
    stats,
    links: { self: `${baseUrl}/connectors/${id}/web` },
  };
}
