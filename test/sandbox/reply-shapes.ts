import * as z from "zod";

const url = z.string().regex(/^http:\/\/127\.0\.0\.1:\d+\/[^/]/);
const relativeUrl = z.string().regex(/^\/users\//);
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const uuid = z.uuidv4();

const link = z.strictObject({ type: z.literal("link"), url: relativeUrl });
const stepError = z.strictObject({ code: z.string(), title: z.string().min(1), detail: z.string().min(1) });
const challenge = z.strictObject({
  type: z.literal("mfa"),
  method: z.enum(["token", "security-questions"]),
  description: z.string().min(1),
  input: z.array(z.string()).min(1),
  expiryMs: z.literal(120_000),
  links: z.strictObject({ response: url }),
});

const retrieval = <const Title extends string>(title: Title) =>
  z.discriminatedUnion("status", [
    z.strictObject({ title: z.literal(title), status: z.enum(["pending", "in-progress"]), result: z.null() }),
    z.strictObject({ title: z.literal(title), status: z.literal("success"), result: link }),
  ]);

const verifyTitle = z.literal("verify-credentials");
const verify = z.discriminatedUnion("status", [
  z.strictObject({ title: verifyTitle, status: z.literal("pending"), result: stepError }),
  z.strictObject({ title: verifyTitle, status: z.literal("in-progress"), result: z.null() }),
  z.strictObject({ title: verifyTitle, status: z.literal("success"), result: link }),
  z.strictObject({ title: verifyTitle, status: z.literal("failed"), result: stepError }),
]);

const mfaTitle = z.literal("mfa-challenge");
const mfa = z.discriminatedUnion("status", [
  z.strictObject({ title: mfaTitle, status: z.enum(["pending", "success", "skipped"]), result: z.null() }),
  z.strictObject({ title: mfaTitle, status: z.literal("in-progress"), result: challenge.nullable() }),
  z.strictObject({ title: mfaTitle, status: z.literal("failed"), result: stepError }),
]);

const accounts = retrieval("retrieve-accounts");
const transactions = retrieval("retrieve-transactions");

export const jobShape = z.strictObject({
  type: z.literal("job"),
  id: uuid,
  created: instant,
  updated: instant,
  jobType: z.literal("connection"),
  steps: z.union([z.tuple([verify, accounts, transactions]), z.tuple([verify, mfa, accounts, transactions])]),
  links: z.strictObject({ self: url, source: url.optional() }),
});
export type JobReply = z.infer<typeof jobShape>;

const institutionLink = z.strictObject({
  type: z.literal("institution"),
  id: z.string(),
  links: z.strictObject({ self: url }),
});

export const tokenShape = z.strictObject({
  access_token: z.string().min(40),
  token_type: z.literal("Bearer"),
  expires_in: z.literal(3600),
});

export const stubShape = z.strictObject({
  type: z.literal("job"),
  id: uuid,
  links: z.strictObject({ self: url }),
});

export const jobListShape = z.strictObject({
  type: z.literal("list"),
  size: z.int(),
  data: z.array(z.strictObject({ ...jobShape.shape, institution: institutionLink })),
  links: z.strictObject({ self: url }),
});

const connectionFields = {
  type: z.literal("connection"),
  id: uuid,
  method: z.literal("web"),
  status: z.enum(["pending", "active", "invalid"]),
  lastUsed: instant,
  createdDate: instant,
  expiryDate: z.literal(""),
  institution: institutionLink,
};

const amount = z.string().regex(/^-?\d+\.\d\d$/);
const date = z.string().regex(/^\d{4}-\d\d-\d\d$/);
const midnight = z.string().regex(/^\d{4}-\d\d-\d\dT00:00:00Z$/);

const accountFields = {
  type: z.literal("account"),
  id: uuid,
  accountNo: z.string().regex(/^600\d{3}-\d{9}$|^xxxx-xxxx-xxxx-\d{4}$/),
  name: z.string().min(1),
  currency: z.enum(["AUD", "USD", "GBP"]),
  class: z.strictObject({ type: z.string().min(1), product: z.string().min(1) }),
  balance: amount.nullable(),
  availableFunds: amount.nullable(),
  lastUpdated: instant,
  status: z.literal("available"),
};

export const accountShape = z.strictObject({
  ...accountFields,
  creditLimit: amount.nullable(),
  accountHolder: z.string().regex(/^[A-Z -]+$/),
  accountOwnership: z.literal("ONE_PARTY"),
  isOwned: z.literal(true),
  institution: z.string(),
  connection: uuid,
  transactionIntervals: z.array(z.strictObject({ from: date, to: date })),
  links: z.strictObject({ self: url, transactions: url, institution: url, connection: url.nullable() }),
});
export type AccountReply = z.infer<typeof accountShape>;

export const accountListShape = z.strictObject({
  type: z.literal("list"),
  data: z.array(accountShape),
  links: z.strictObject({ self: url }),
});

export const transactionShape = z.strictObject({
  type: z.literal("transaction"),
  id: uuid,
  status: z.enum(["pending", "posted"]),
  description: z.string().min(1),
  reference: z.string(),
  amount,
  currency: accountFields.currency,
  account: uuid,
  balance: z.union([amount, z.literal("")]),
  direction: z.enum(["debit", "credit"]),
  class: z.string(),
  institution: z.string(),
  connection: uuid,
  enrich: z.strictObject({
    cleanDescription: z.string().min(1),
    tags: z.array(z.string()),
    category: z.object({}).loose(),
    location: z.object({}).loose(),
    merchant: z.object({ businessName: z.string(), website: z.string() }).loose(),
  }),
  transactionDate: midnight,
  postDate: midnight.nullable(),
  subClass: z.strictObject({ code: z.string(), title: z.string() }),
  links: z.strictObject({ self: url, account: url, institution: url, connection: url.nullable() }),
});
export type TransactionReply = z.infer<typeof transactionShape>;

export const transactionListShape = z.strictObject({
  type: z.literal("list"),
  count: z.int(),
  size: z.int(),
  data: z.array(transactionShape).max(500),
  links: z.strictObject({ self: url, next: url.optional() }),
});

const profileShape = z.object({
  fullName: z.string(),
  emailAddresses: z.array(z.email()).min(1),
  physicalAddresses: z.array(z.object({ formattedAddress: z.string() })).min(1),
});

export const connectionShape = z.strictObject({
  ...connectionFields,
  profile: profileShape.optional(),
  accounts: z.strictObject({
    type: z.literal("list"),
    data: z.array(
      z.strictObject({ ...accountFields, links: z.strictObject({ self: url, transactions: url }) }),
    ),
  }),
  links: z.strictObject({ self: url, user: url, accounts: url, transactions: url }),
});

export const connectionListShape = z.strictObject({
  type: z.literal("list"),
  data: z.array(
    z.strictObject({
      ...connectionFields,
      links: z.strictObject({ self: url, accounts: url, transactions: url, institution: url }),
    }),
  ),
  links: z.strictObject({ self: url }),
});

export const institutionShape = z.object({
  type: z.literal("institution"),
  id: z.string(),
  name: z.string(),
  shortName: z.string(),
  institutionType: z.literal("Test Bank"),
  country: z.literal("Australia"),
  serviceName: z.string(),
  serviceType: z.string(),
  stage: z.literal("live"),
  tier: z.string(),
  authorization: z.enum(["user", "token", "user-mfa", "user-mfa-intermittent"]),
  loginIdCaption: z.string().optional(),
  passwordCaption: z.string().optional(),
  userTokenCaption: z.string().optional(),
  securityCodeCaption: z.string().optional(),
  secondaryLoginIdCaption: z.string().optional(),
  status: z.enum([
    "operational",
    "degraded-performance",
    "under-maintenance",
    "partial-outage",
    "major-outage",
  ]),
  links: z.strictObject({ self: url }),
});

export const connectorShape = z.object({
  type: z.literal("connector"),
  id: z.string(),
  method: z.literal("web"),
  status: institutionShape.shape.status,
  scopes: z.array(z.string()),
  authorization: z.strictObject({
    type: institutionShape.shape.authorization,
    meta: z.record(z.string(), z.string()),
  }),
  institution: z.object({ type: z.literal("Test Bank"), name: z.string(), shortName: z.string() }),
  links: z.strictObject({ self: url }),
});

export const institutionListShape = z.strictObject({
  type: z.literal("list"),
  totalCount: z.int(),
  data: z.array(institutionShape),
  links: z.strictObject({ self: url }),
});

export const refusalShape = z.strictObject({
  type: z.literal("list"),
  correlationId: uuid,
  data: z
    .array(
      z.strictObject({
        type: z.literal("error"),
        code: z.string(),
        title: z.string(),
        detail: z.string().optional(),
        source: z.strictObject({ pointer: z.string(), parameter: z.string() }).partial().optional(),
      }),
    )
    .min(1),
});

export const ledgerShape = z.strictObject({
  calls: z.array(
    z.strictObject({
      at: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      method: z.string(),
      path: z.string(),
      userId: z.string().nullable(),
      institutionId: z.string().nullable(),
    }),
  ),
});
