import { creditCard, everyday, loan, mortgage, rewards, saver, termDeposit } from "./account-plans.ts";
import { bill, cash, fee, income, interest, payAnyone, refunds, shopping } from "./habit.ts";
import { living, moreLiving } from "./living-costs.ts";
import { merchants as at } from "./merchants.ts";
import { level, payCard, repay, transfer } from "./own-transfers.ts";
import { places } from "./places.ts";
import type { Profile } from "./profile.ts";
import { fortnightly, monthly, quarterly, weekly } from "./when.ts";

/** A family with a home loan and a car loan, and every usual account. */
export const wentworthSmith: Profile = {
  fullName: "Max Wentworth-Smith",
  occupation: "Engineer",
  home: places.manly,
  accounts: [
    everyday(4_120),
    saver(18_400),
    creditCard(-1_240, 12_000),
    mortgage(-482_300, 520_000),
    loan(-21_400, 30_000, "Car Loan"),
  ],
  habits: [
    income("everyday", 3_480, fortnightly(4), "CIVIL WORKS PAYROLL SALARY"),
    income("everyday", 980, fortnightly(3), "PRIMARY SCHOOL PAYROLL SALARY"),
    repay("everyday", "mortgage", 3_050, monthly(15)),
    repay("everyday", "loan", 560, monthly(21)),
    interest("mortgage", 0.0585, true),
    interest("loan", 0.0799, true),
    interest("saver", 0.045, false),
    payCard("everyday", "card", monthly(25)),
    level("everyday", "saver", 800, 4_500),
    ...moreLiving("card"),
    bill("everyday", at.childCare, fortnightly(1)),
    bill("everyday", at.healthCover, monthly(3)),
    bill("everyday", at.carInsurance, monthly(9)),
    bill("everyday", at.council, quarterly(5)),
    bill("everyday", at.water, quarterly(11)),
    cash("everyday", 0.5),
  ],
};

/** A tenant with a weekly wage and little saved. */
export const whistler: Profile = {
  fullName: "Whistler Smith",
  occupation: "Kitchen hand",
  home: places.newtown,
  accounts: [everyday(640), saver(1_150, "Rainy Day Saver")],
  habits: [
    income("everyday", 905, weekly(4), "HOSPITALITY PAYROLL SALARY"),
    bill("everyday", at.rent, fortnightly(5)),
    level("everyday", "saver", 500, 1_300),
    interest("saver", 0.04, false),
    ...living("everyday"),
    shopping("everyday", at.transit, 0.9),
    shopping("everyday", at.tavern, 0.8),
    shopping("everyday", at.clothing, 0.2),
    bill("everyday", at.payLater, fortnightly(2)),
    bill("everyday", at.music, monthly(14)),
    cash("everyday", 0.6),
    payAnyone("everyday", -60, monthly(6), "Transfer To Flatmate Internet Share"),
  ],
};

/** A careful saver. */
export const jared: Profile = {
  fullName: "Jared Dunn",
  occupation: "Business manager",
  home: places.brunswick,
  accounts: [everyday(2_300), saver(24_600, "Goal Saver"), termDeposit(20_000)],
  habits: [
    income("everyday", 4_480, monthly(15), "PLATFORM PAYROLL SALARY"),
    bill("everyday", at.rent, fortnightly(5)),
    transfer("everyday", "saver", 500, monthly(17)),
    level("everyday", "saver", 2_000, 4_400),
    interest("saver", 0.05, false),
    interest("term", 0.044, false),
    ...living("everyday"),
    shopping("everyday", at.transit, 0.8),
    shopping("everyday", at.doctor, 0.1),
    refunds("everyday", at.pharmacy, 0.05),
    bill("everyday", at.gym, fortnightly(2)),
    bill("everyday", at.internet, monthly(20)),
    cash("everyday", 0.2),
    fee("everyday", 5, monthly(1), "Monthly Account Fee"),
  ],
};

/** A pensioner. */
export const ashMann: Profile = {
  fullName: "Ash Mann",
  occupation: "Retired",
  home: places.fremantle,
  accounts: [everyday(1_480), saver(9_300, "Pensioner Saver"), rewards(86)],
  habits: [
    income("everyday", 1_116.3, fortnightly(4), "AGE PENSION"),
    level("everyday", "saver", 400, 2_000),
    interest("saver", 0.04, false),
    interest("everyday", 0.001, false),
    ...living("everyday"),
    shopping("everyday", at.doctor, 0.3),
    bill("everyday", at.council, quarterly(8)),
    cash("everyday", 0.9),
    payAnyone("rewards", 4.2, monthly(10), "Points Redeemed"),
  ],
};

/** The only customer of the bank that takes a token. */
export const tokenUser: Profile = {
  fullName: "Token Customer",
  occupation: "Nurse",
  home: places.westEnd,
  accounts: [everyday(1_900), saver(5_200)],
  habits: [
    income("everyday", 2_060, fortnightly(3), "HEALTH DISTRICT PAYROLL SALARY"),
    bill("everyday", at.largeRent, fortnightly(5)),
    level("everyday", "saver", 500, 2_400),
    interest("saver", 0.0425, false),
    ...living("everyday"),
    shopping("everyday", at.fuel, 0.8),
    cash("everyday", 0.3),
  ],
};
