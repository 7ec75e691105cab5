import type { Merchant } from "./data/merchants.ts";
import type { Place } from "./data/places.ts";
import { digitsFrom, idFrom } from "./data/random.ts";

const nobody = { id: "", businessName: "", ABN: "", logoMaster: "", logoThumb: "", website: "" };

/** Describes the business of a transaction. Without a business, the fields are empty. */
export function enrichment(cleanDescription: string, merchant: Merchant | undefined, near: Place) {
  return {
    cleanDescription,
    tags: [],
    category: merchant === undefined ? {} : categoryOf(merchant),
    location: merchant?.isShop ? locationOf(merchant, near) : {},
    merchant: merchant === undefined ? nobody : businessOf(merchant),
  };
}

function categoryOf({ category }: Merchant) {
  return { matchType: "merchantFull", matchScore: "1.0", anzsic: category };
}

function businessOf({ name }: Merchant) {
  const ending = digitsFrom(`${name}/phone`, 4);
  const host = name.toLowerCase().replace(/[^a-z]+/g, "-");
  return {
    ...nobody,
    id: idFrom(name),
    businessName: name,
    // No business has a number that begins with 00, and the range of telephone numbers is reserved for fiction.
    ABN: `00${digitsFrom(`${name}/abn`, 9)}`,
    phoneNumber: { international: `+61 2 5550 ${ending}`, local: `(02) 5550 ${ending}` },
    website: `https://${host}.example`,
  };
}

function locationOf({ name }: Merchant, { suburb, state, postcode, route, latitude, longitude }: Place) {
  const routeNo = String(Number(digitsFrom(`${name}/${suburb}`, 3)) + 1);
  return {
    country: "Australia",
    formattedAddress: `${routeNo} ${route}, ${suburb} ${state} ${postcode}`,
    geometry: { lat: String(latitude), lng: String(longitude) },
    postalCode: postcode,
    route,
    routeNo,
    state,
    suburb,
  };
}

const empty = { code: "", title: "" };

/** As published, only payments have a subclass: the group of their business. */
export function subClassOf(merchant: Merchant | undefined) {
  return merchant?.category.group ?? empty;
}
