/** A suburb in which a user of the sandbox lives and shops. */
export type Place = {
  readonly suburb: string;
  readonly state: string;
  readonly postcode: string;
  readonly route: string;
  readonly latitude: number;
  readonly longitude: number;
};

function place(
  suburb: string,
  state: string,
  postcode: string,
  route: string,
  latitude: number,
  longitude: number,
): Place {
  return { suburb, state, postcode, route, latitude, longitude };
}

export const places = {
  newtown: place("Newtown", "NSW", "2042", "King Street", -33.8977, 151.1793),
  manly: place("Manly", "NSW", "2095", "The Corso", -33.7969, 151.2855),
  brunswick: place("Brunswick", "VIC", "3056", "Sydney Road", -37.7667, 144.96),
  fitzroy: place("Fitzroy", "VIC", "3065", "Brunswick Street", -37.8014, 144.9789),
  westEnd: place("West End", "QLD", "4101", "Boundary Street", -27.4811, 153.0083),
  fremantle: place("Fremantle", "WA", "6160", "High Street", -32.0569, 115.7439),
} as const satisfies Record<string, Place>;

/** Returns an address in the form of the aggregator's profiles. */
export function homeAddress({ suburb, state, postcode, route }: Place, houseNumber: string) {
  const line = `${houseNumber} ${route}`;
  return {
    addressLine1: line,
    addressLine2: null,
    addressLine3: null,
    postcode,
    city: suburb,
    state,
    country: "Australia",
    countryCode: "AU",
    formattedAddress: `${line}, ${suburb} ${state} ${postcode}, Australia`,
  };
}
