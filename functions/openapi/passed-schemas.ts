import * as z from "zod/mini";

/*
 * What the aggregator publishes about the bodies that pass through our API. The aggregator can leave out a field or set it to null,
 * unless programs need it: only those fields are required here.
 */

const text = z.nullish(z.string());
const link = z.string();
const number = z.nullish(z.number());
const texts = z.nullish(z.array(z.string()));
const links = <Names extends string>(...names: Names[]) =>
  z.object({ self: link, ...Object.fromEntries(names.map((name) => [name, text])) });
const reference = <Type extends string>(type: Type) =>
  z.object({ type: z.literal(type), id: z.string(), links: z.object({ self: link }) });
/** Amounts are texts with two decimals, such as `-7.50`. */
const amount = text;
const details = z.nullish(z.record(z.string(), z.unknown()));
const detailsList = z.nullish(z.array(z.record(z.string(), z.unknown())));

function listOf<Entry extends z.ZodMiniType>(entry: Entry, counts: Record<string, z.ZodMiniType> = {}) {
  return z.object({ type: z.literal("list"), ...counts, data: z.array(entry), links: links("next") });
}

export const userRequest = z.object({
  email: text,
  mobile: text,
  firstName: text,
  middleName: text,
  lastName: text,
});

export const statementRequest = z.object({ institutionId: z.string(), statement: z.file() });

export const user = z.object({
  type: z.literal("user"),
  id: z.string(),
  email: text,
  mobile: text,
  firstName: text,
  middleName: text,
  lastName: text,
  links: links(),
});

const owned = <Type extends string>(type: Type) =>
  z.object({ type: z.literal("list"), count: z.int(), data: z.array(reference(type)) });

export const userDetails = z.object({
  ...user.shape,
  name: text,
  connections: owned("connection"),
  accounts: owned("account"),
  links: links("connections", "accounts", "transactions", "auth_link"),
});

const connectionFields = {
  type: z.literal("connection"),
  id: z.string(),
  status: z.enum(["pending", "active", "invalid", "pre-init"]),
  method: text,
  createdDate: text,
  lastUsed: text,
  expiryDate: text,
  institution: reference("institution"),
};

const accountFields = {
  type: z.literal("account"),
  id: z.string(),
  accountNo: text,
  name: text,
  currency: text,
  class: z.nullish(z.object({ type: text, product: text })),
  balance: amount,
  availableFunds: amount,
  creditLimit: amount,
  lastUpdated: text,
  status: text,
};

const profile = z.object({
  fullName: text,
  firstName: text,
  middleName: text,
  lastName: text,
  phoneNumbers: texts,
  emailAddresses: texts,
  physicalAddresses: detailsList,
});

export const connection = z.object({
  ...connectionFields,
  profile: z.nullish(profile),
  accounts: z.nullish(
    z.object({
      type: z.literal("list"),
      data: z.array(z.object({ ...accountFields, links: links("transactions") })),
    }),
  ),
  links: links("user", "accounts", "transactions"),
});

export const connectionList = listOf(
  z.object({ ...connectionFields, links: links("accounts", "transactions", "institution") }),
);

export const account = z.object({
  ...accountFields,
  accountHolder: text,
  accountOwnership: text,
  isOwned: z.nullish(z.boolean()),
  institution: text,
  connection: text,
  transactionIntervals: z.nullish(z.array(z.object({ from: z.string(), to: z.string() }))),
  links: links("transactions", "institution", "connection"),
});

export const accountList = listOf(account);

const transactionFields = {
  type: z.literal("transaction"),
  id: z.string(),
  status: z.enum(["pending", "posted"]),
  description: text,
  reference: text,
  amount,
  currency: text,
  account: text,
  balance: amount,
  direction: text,
  class: text,
  institution: text,
  transactionDate: text,
  postDate: text,
  subClass: z.nullish(z.object({ code: text, title: text })),
};

export const transaction = z.object({
  ...transactionFields,
  connection: text,
  enrich: details,
  links: links("account", "institution", "connection"),
});

const counts = { count: number, size: number };
export const transactionList = listOf(transaction, counts);

const averages = z.nullish(z.object({ averageDurationMs: z.nullish(z.record(z.string(), z.number())) }));
const logo = z.nullish(z.object({ type: z.literal("image"), links: z.object({ full: text, square: text }) }));

export const institution = z.object({
  type: z.literal("institution"),
  id: z.string(),
  name: z.string(),
  shortName: text,
  institutionType: text,
  country: text,
  serviceName: text,
  serviceType: text,
  stage: text,
  tier: text,
  authorization: z.string(),
  loginIdCaption: text,
  passwordCaption: text,
  secondaryLoginIdCaption: text,
  securityCodeCaption: text,
  userTokenCaption: text,
  forgottenPasswordUrl: text,
  status: text,
  features: details,
  stats: averages,
  logo,
  links: links(),
});

export const institutionList = listOf(institution, { totalCount: z.int() });

export const connector = z.object({
  type: z.literal("connector"),
  id: z.string(),
  method: z.string(),
  status: text,
  stage: text,
  scopes: texts,
  authorization: z.object({
    type: z.string(),
    meta: z.nullish(z.record(z.string(), z.nullable(z.string()))),
  }),
  institution: z.object({ type: text, name: z.string(), shortName: text, country: text, tier: text, logo }),
  stats: averages,
  links: z.nullish(links()),
});

export const connectorList = listOf(connector, { totalCount: z.int() });

export const reportRequest = z.object({ fromMonth: text, toMonth: text, accounts: texts });

const reportFields = {
  type: z.string(),
  id: z.string(),
  fromMonth: text,
  toMonth: text,
  coverageDays: number,
};
const reportLinks = z.nullish(z.object({ self: link, income: text, expenses: text, accounts: texts }));

export const affordability = z.object({
  ...reportFields,
  generatedDate: text,
  summary: details,
  assets: detailsList,
  liabilities: details,
  external: detailsList,
  links: reportLinks,
});

export const affordabilityList = listOf(
  z.object({ ...reportFields, generatedDate: text, institutions: texts, links: reportLinks }),
);

export const affordabilityTransactions = listOf(
  z.object({ ...transactionFields, links: z.object({ account: text, institution: text }) }),
  counts,
);

export const income = z.object({
  ...reportFields,
  summary: details,
  regular: detailsList,
  irregular: detailsList,
  otherCredit: detailsList,
  links: reportLinks,
});

export const expenses = z.object({
  ...reportFields,
  payments: detailsList,
  bankFees: details,
  cashWithdrawals: details,
  externalTransfers: details,
  loanInterests: details,
  loanRepayments: details,
  links: reportLinks,
});

export const enrichment = z.object({
  type: z.string(),
  direction: text,
  class: text,
  data: z.nullish(z.object({ category: details, location: details, merchant: details })),
  links: z.nullish(links()),
});

export const identity = z.object({
  type: z.string(),
  id: z.string(),
  created: text,
  updated: text,
  source: text,
  fullName: text,
  firstName: text,
  middleName: text,
  lastName: text,
  phoneNumbers: texts,
  emails: texts,
  physicalAddresses: detailsList,
  organisation: details,
  links: links("job"),
});

export const identityList = z.object({ type: z.literal("list"), count: number, data: z.array(identity) });

const consent = z.object({
  type: z.literal("consent"),
  id: z.string(),
  created: z.string(),
  updated: z.string(),
  expiryDate: z.string(),
  origin: text,
  status: z.enum(["active", "expired", "revoked"]),
  purpose: z.object({
    primary: z.object({ title: z.string(), description: z.string() }),
    other: z.unknown(),
  }),
  data: z.object({
    retainData: z.boolean(),
    initialRetrievalDays: number,
    organisation: z.unknown(),
    permissions: z.array(z.record(z.string(), z.unknown())),
  }),
  revoked: text,
  links: z.nullish(z.object({ self: text, consentPolicy: text, latestConsentPolicy: text })),
});

export const consentList = z.object({
  type: z.literal("list"),
  size: number,
  data: z.array(consent),
  links: z.nullish(links()),
});
