import type { Condition, Property } from "./filter.ts";
import type { connectorReply, institutionReply } from "./institution-reply.ts";

type InstitutionReply = ReturnType<typeof institutionReply>;
type ConnectorReply = ReturnType<typeof connectorReply>;

const either = ["eq", "ne"] as const;
const any = ["eq", "ne", "in"] as const;

const countries = ["Australia", "New Zealand"];
const tiers = ["1", "2", "3", "4"];
const stages = ["live", "beta", "alpha"];
const types = ["Bank", "Bank (Foreign)", "Test Bank", "Credit Union", "Financial Services", "Superannuation"];
const authorizations = ["user", "other", "token", "user-mfa-intermittent", "user-mfa"];
const statuses = [
  "operational",
  "degraded-performance",
  "partial-outage",
  "major-outage",
  "under-maintenance",
  "under-improvement",
];

function property<Item>(
  conditions: readonly Condition[],
  read: Property<Item>["read"],
  values?: readonly string[],
): Property<Item> {
  return values === undefined ? { conditions, read } : { conditions, read, values };
}

/** The published filters of institutions. The last one is what the published page for connecting a bank sends. */
export const institutionProperties = {
  "institution.country": property<InstitutionReply>(any, ({ country }) => country, countries),
  "institution.tier": property<InstitutionReply>(any, ({ tier }) => tier, tiers),
  "institution.authorization": property<InstitutionReply>(any, (each) => each.authorization, authorizations),
  "institution.serviceType": property<InstitutionReply>(either, ({ serviceType }) => serviceType, [
    "Personal Banking",
    "Business Banking",
    "Card Access",
    "Test",
  ]),
  "institution.institutionType": property<InstitutionReply>(either, (each) => each.institutionType, types),
  "institution.stage": property<InstitutionReply>(either, ({ stage }) => stage, stages),
  "institution.openBankingSource": property<InstitutionReply>(either, () => "web"),
};

/** The programs that log in at banks. A test bank needs none. */
const engines = property<ConnectorReply>(either, () => "node", ["chrome", "node"]);

/** The published filters of connectors. Version 2.1 names the engine `connectorCategory`. */
export const connectorProperties = {
  "connector.id": property<ConnectorReply>(["eq"], ({ id }) => id),
  "connector.method": property<ConnectorReply>(["eq"], ({ method }) => method, [
    "web",
    "open-banking",
    "pdf",
    "csv",
  ]),
  "connector.status": property<ConnectorReply>(any, ({ status }) => status, statuses),
  "connector.stage": property<ConnectorReply>(any, ({ stage }) => stage, stages),
  "connector.scopes": property<ConnectorReply>(any, ({ scopes }) => scopes),
  "connector.institution.country": property<ConnectorReply>(
    any,
    (each) => each.institution.country,
    countries,
  ),
  "connector.institution.tier": property<ConnectorReply>(any, (each) => each.institution.tier, tiers),
  "connector.institution.type": property<ConnectorReply>(either, (each) => each.institution.type, types),
  "connector.authorization.type": property<ConnectorReply>(
    any,
    (each) => each.authorization.type,
    authorizations,
  ),
  "connector.connectorCategory": engines,
  "connector.connectorEngine": engines,
};
