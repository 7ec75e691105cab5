import {
  creditCard,
  everyday,
  foreign,
  insurancePolicy,
  investment,
  loan,
  mortgage,
  saver,
} from "./account-plans.ts";
import { bill, cash, fee, income, interest, invoices, payAnyone, shopping } from "./habit.ts";
import { living, moreLiving } from "./living-costs.ts";
import { merchants as at } from "./merchants.ts";
import { level, payCard, repay, transfer } from "./own-transfers.ts";
import { places } from "./places.ts";
import type { Profile } from "./profile.ts";
import { fortnightly, monthly, quarterly } from "./when.ts";

/** A rich customer with an account of most kinds. */
export const gavinBelson: Profile = {
  fullName: "Gavin Belson",
  occupation: "Chief executive",
  home: places.manly,
  accounts: [
    everyday(14_800),
    saver(88_000),
    creditCard(-5_300, 30_000, "Platinum Credit Card"),
    mortgage(-910_000, 1_200_000),
    investment(64_000),
    insurancePolicy(),
    foreign("GBP", 8_200),
  ],
  habits: [
    income("everyday", 21_750, monthly(15), "EXECUTIVE PAYROLL SALARY"),
    repay("everyday", "mortgage", 6_400, monthly(20)),
    interest("mortgage", 0.0575, true),
    interest("saver", 0.0475, false),
    interest("GBP", 0.01, false),
    payCard("everyday", "card", monthly(27)),
    level("everyday", "saver", 4_000, 18_000),
    transfer("everyday", "shares", 2_000, monthly(17)),
    payAnyone("shares", 310, quarterly(14), "Dividend Distribution"),
    payAnyone("shares", -1_900, monthly(18), "Share Purchase Settlement"),
    payAnyone("GBP", -140, monthly(2), "Club Membership London"),
    ...moreLiving("card"),
    shopping("card", at.electronics, 0.2),
    shopping("card", at.taxi, 1.4),
    fee("card", 24.5, monthly(4), "International Service Fee"),
    bill("everyday", at.healthCover, monthly(3)),
    bill("everyday", at.carInsurance, monthly(9)),
    bill("everyday", at.council, quarterly(5)),
  ],
};

/** A contractor whose invoices are paid at no fixed time, some of them from abroad. */
export const gilfoyle: Profile = {
  fullName: "Bertram Gilfoyle",
  occupation: "Systems architect",
  home: places.fitzroy,
  accounts: [everyday(7_900, "Contractor Account"), investment(31_000), foreign("USD", 5_400)],
  habits: [
    invoices("everyday", 900, 2_900, 0.8, "SYSTEMS CONSULTING CLIENT"),
    invoices("USD", 300, 900, 0.2, "OVERSEAS LICENCE"),
    bill("everyday", at.largeRent, fortnightly(5)),
    level("everyday", "shares", 2_500, 9_000),
    payAnyone("shares", 120, quarterly(20), "Dividend Distribution"),
    bill("everyday", at.hosting, monthly(3)),
    fee("USD", 12, monthly(28), "International Transfer Fee"),
    payAnyone("USD", -210, monthly(8), "Overseas Server Lease"),
    ...living("everyday"),
    shopping("everyday", at.tavern, 1),
    shopping("everyday", at.electronics, 0.15),
    bill("everyday", at.internet, monthly(20)),
    cash("everyday", 0.2),
  ],
};

/** A customer in difficulties: fees, fast loans and a card near its limit. */
export const richard: Profile = {
  fullName: "Richard Hendricks",
  occupation: "Software developer",
  home: places.brunswick,
  accounts: [everyday(310), creditCard(-6_900, 8_000), loan(-14_200, 16_000, "Debt Consolidation Loan")],
  habits: [
    income("everyday", 1_850, fortnightly(4), "START UP PAYROLL SALARY"),
    bill("everyday", at.rent, fortnightly(5)),
    repay("everyday", "loan", 395, monthly(16)),
    interest("loan", 0.1495, true),
    interest("card", 0.2074, true),
    payCard("everyday", "card", monthly(28), 0.06),
    bill("everyday", at.payLater, fortnightly(2)),
    bill("everyday", at.fastLoan, fortnightly(3)),
    fee("everyday", 15, monthly(17), "Direct Debit Dishonour Fee"),
    fee("everyday", 5, monthly(1), "Monthly Account Fee"),
    fee("card", 3.5, monthly(13), "Cash Advance Fee"),
    { ...cash("card", 0.12), amount: () => -6_000 },
    ...living("everyday"),
    bill("everyday", at.films, monthly(7)),
    bill("everyday", at.internet, monthly(20)),
  ],
};

/** A company, with an overdraft for its equipment. */
export const laurieBream: Profile = {
  fullName: "Laurie Bream",
  occupation: "Company director",
  home: places.fitzroy,
  accounts: [
    everyday(38_600, "Business Account"),
    saver(52_000, "Business Saver"),
    creditCard(-2_700, 25_000, "Business Credit Card"),
    loan(-68_000, 90_000, "Equipment Loan"),
  ],
  habits: [
    invoices("everyday", 900, 4_900, 3.1, "CUSTOMER"),
    bill("everyday", at.officeRent, monthly(1)),
    payAnyone("everyday", -9_850, fortnightly(3), "Payroll Run Staff"),
    payAnyone("everyday", -6_400, quarterly(28), "Business Activity Statement"),
    repay("everyday", "loan", 1_720, monthly(12)),
    interest("loan", 0.0725, true),
    interest("saver", 0.035, false),
    level("everyday", "saver", 12_000, 45_000),
    payCard("everyday", "card", monthly(24)),
    bill("card", at.hosting, monthly(3)),
    bill("everyday", at.electricity, quarterly(18)),
    bill("everyday", at.mobile, monthly(12)),
    shopping("card", at.hardware, 1.2),
    shopping("card", at.fuel, 1.5),
    shopping("card", at.restaurant, 0.6),
    fee("everyday", 10, monthly(1), "Business Account Fee"),
  ],
};
