import { type Anzsic, anzsic } from "./anzsic.ts";

export type Merchant = {
  readonly name: string;
  readonly category: Anzsic;
  /** In cents. A bill with one price costs the same each time. */
  readonly price: readonly [low: number, high: number];
  /** A shop has an address near its customer. A biller has none. */
  readonly isShop: boolean;
};

function shop(name: string, category: Anzsic, low: number, high: number): Merchant {
  return { name, category, price: [low, high], isShop: true };
}

function biller(name: string, category: Anzsic, low: number, high = low): Merchant {
  return { name, category, price: [low, high], isShop: false };
}

/** Invented businesses. */
export const merchants = {
  pantry: shop("Corner Pantry", anzsic.groceries, 1_450, 9_800),
  basket: shop("Daily Basket", anzsic.groceries, 6_200, 21_500),
  cafe: shop("Bean Street Cafe", anzsic.cafe, 450, 2_650),
  restaurant: shop("The Long Table", anzsic.cafe, 4_200, 13_800),
  noodles: shop("Noodle Lane", anzsic.takeaway, 1_350, 3_400),
  tavern: shop("Railway Tavern", anzsic.bar, 1_800, 8_600),
  fuel: shop("Fuelpoint", anzsic.fuel, 4_300, 11_900),
  pharmacy: shop("Village Pharmacy", anzsic.pharmacy, 890, 6_400),
  clothing: shop("Threadline Clothing", anzsic.clothing, 2_995, 18_900),
  hardware: shop("Homeworks Hardware", anzsic.hardware, 1_290, 24_000),
  departmentStore: shop("Everything Under One Roof", anzsic.departmentStore, 2_500, 26_000),
  electronics: shop("Voltage Electronics", anzsic.electronics, 4_900, 89_900),
  taxi: shop("Cityhop Rides", anzsic.taxi, 1_180, 5_600),
  transit: shop("Metro Transit Top Up", anzsic.bus, 2_000, 4_000),
  doctor: shop("Family Medical Centre", anzsic.doctor, 4_200, 9_500),

  rent: biller("Parkview Realty", anzsic.realEstate, 56_000),
  largeRent: biller("Harbour Property Management", anzsic.realEstate, 82_000),
  officeRent: biller("Workspace Leasing", anzsic.realEstate, 345_000),
  electricity: biller("Brightwave Energy", anzsic.electricity, 21_400, 48_700),
  water: biller("City Water", anzsic.water, 14_300, 24_800),
  council: biller("Municipal Rates", anzsic.council, 46_350),
  mobile: biller("Linkline Mobile", anzsic.telecommunications, 4_900),
  internet: biller("Homefibre Internet", anzsic.telecommunications, 7_999),
  films: biller("Streambox", anzsic.streaming, 1_899),
  music: biller("Tunewave", anzsic.streaming, 1_399),
  hosting: biller("Rackspot Hosting", anzsic.hosting, 8_800, 41_200),
  healthCover: biller("Wellcover Health", anzsic.healthInsurance, 19_840),
  carInsurance: biller("Steady Insurance", anzsic.generalInsurance, 9_215),
  gym: biller("Pulse Fitness", anzsic.gym, 3_390),
  childCare: biller("Little Steps Child Care", anzsic.childCare, 38_500),
  payLater: biller("Four Instalments", anzsic.lending, 3_740),
  fastLoan: biller("Payday Advance", anzsic.lending, 12_600),
} as const satisfies Record<string, Merchant>;

/** The text of a merchant in the lines of a statement. */
export function statementName({ name }: Merchant): string {
  return name.toUpperCase();
}
