type Entry = { readonly code: string; readonly title: string };

/** Where a business is in the Australian and New Zealand Standard Industrial Classification. */
export type Anzsic = Readonly<Record<"division" | "subdivision" | "group" | "class", Entry>>;

const divisions = {
  D: "Electricity, Gas, Water and Waste Services",
  G: "Retail Trade",
  H: "Accommodation and Food Services",
  I: "Transport, Postal and Warehousing",
  J: "Information Media and Telecommunications",
  K: "Financial and Insurance Services",
  L: "Rental, Hiring and Real Estate Services",
  O: "Public Administration and Safety",
  Q: "Health Care and Social Assistance",
  R: "Arts and Recreation Services",
} as const;

const subdivisions = {
  "26": "Electricity Supply",
  "28": "Water Supply, Sewerage and Drainage Services",
  "40": "Fuel Retailing",
  "41": "Food Retailing",
  "42": "Other Store-Based Retailing",
  "45": "Food and Beverage Services",
  "46": "Road Transport",
  "57": "Internet Publishing and Broadcasting",
  "58": "Telecommunications Services",
  "59": "Internet Service Providers, Web Search Portals and Data Processing Services",
  "62": "Finance",
  "63": "Insurance and Superannuation Funds",
  "67": "Property Operators and Real Estate Services",
  "75": "Public Administration",
  "85": "Medical and Other Health Care Services",
  "87": "Social Assistance Services",
  "91": "Sports and Recreation Activities",
} as const;

function entry(
  division: keyof typeof divisions,
  classCode: string,
  classTitle: string,
  groupTitle: string = classTitle,
): Anzsic {
  const code = classCode.slice(0, 2);
  const titles: Readonly<Record<string, string>> = subdivisions;
  return {
    division: { code: division, title: divisions[division] },
    subdivision: { code, title: titles[code] ?? "" },
    group: { code: classCode.slice(0, 3), title: groupTitle },
    class: { code: classCode, title: classTitle },
  };
}

const food = "Cafes, Restaurants and Takeaway Food Services";

export const anzsic = {
  electricity: entry("D", "2640", "On Selling Electricity and Electricity Market Operation"),
  water: entry("D", "2811", "Water Supply", "Water Supply, Sewerage and Drainage Services"),
  fuel: entry("G", "4000", "Fuel Retailing"),
  groceries: entry("G", "4110", "Supermarket and Grocery Stores"),
  electronics: entry(
    "G",
    "4221",
    "Electrical, Electronic and Gas Appliance Retailing",
    "Electrical and Electronic Goods Retailing",
  ),
  hardware: entry(
    "G",
    "4231",
    "Hardware and Building Supplies Retailing",
    "Hardware, Building and Garden Supplies Retailing",
  ),
  clothing: entry("G", "4251", "Clothing Retailing", "Clothing, Footwear and Personal Accessory Retailing"),
  departmentStore: entry("G", "4260", "Department Stores"),
  pharmacy: entry(
    "G",
    "4271",
    "Pharmaceutical, Cosmetic and Toiletry Goods Retailing",
    "Pharmaceutical and Other Store-Based Retailing",
  ),
  cafe: entry("H", "4511", "Cafes and Restaurants", food),
  takeaway: entry("H", "4512", "Takeaway Food Services", food),
  bar: entry("H", "4520", "Pubs, Taverns and Bars"),
  bus: entry("I", "4622", "Urban Bus Transport (Including Tramway)", "Road Passenger Transport"),
  taxi: entry("I", "4623", "Taxi and Other Road Transport", "Road Passenger Transport"),
  streaming: entry("J", "5700", "Internet Publishing and Broadcasting"),
  telecommunications: entry(
    "J",
    "5802",
    "Other Telecommunications Network Operation",
    "Telecommunications Services",
  ),
  hosting: entry(
    "J",
    "5921",
    "Data Processing and Web Hosting Services",
    "Data Processing, Web Hosting and Electronic Information Storage Services",
  ),
  lending: entry("K", "6230", "Non-Depository Financing"),
  healthInsurance: entry("K", "6321", "Health Insurance", "Health and General Insurance"),
  generalInsurance: entry("K", "6322", "General Insurance", "Health and General Insurance"),
  realEstate: entry("L", "6720", "Real Estate Services"),
  council: entry("O", "7530", "Local Government Administration"),
  doctor: entry("Q", "8511", "General Practice Medical Services", "Medical Services"),
  childCare: entry("Q", "8710", "Child Care Services"),
  gym: entry(
    "R",
    "9111",
    "Health and Fitness Centres and Gymnasia Operation",
    "Sports and Physical Recreation Activities",
  ),
} as const;
