/** The default API key of local mode. Safe as a fixed value: the API listens on loopback only, and the key is valid nowhere else. */
export const DEVELOPMENT_KEY = "local-development-key";
