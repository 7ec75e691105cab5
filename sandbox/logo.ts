import { type Institution, institutions } from "./institutions.ts";

const colours = ["#2a9d8f", "#1d3557", "#6a4c93", "#b5651d", "#31572c", "#7f1d1d", "#3d405b"] as const;

function colourOf(institutionId: string): string {
  const index = institutions.findIndex(({ id }) => id === institutionId);
  return colours[Math.max(index, 0) % colours.length] ?? colours[0];
}

/**
 * Draws the logo of an institution. The links contain the images themselves, because the aggregator's logos are on another host
 * than its API, and the sandbox has one host only.
 */
export function logoOf({ id, name }: Institution) {
  const colour = colourOf(id);
  return {
    type: "image",
    colors: { primary: colour },
    links: { full: drawn(400, name, colour), square: drawn(100, name.slice(0, 1), colour) },
  };
}

function drawn(width: number, text: string, colour: string): string {
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} 100">`,
    `<rect width="${width}" height="100" rx="12" fill="${colour}"/>`,
    `<text x="50%" y="66" font-family="sans-serif" font-size="44" text-anchor="middle" fill="#fff">${text}</text>`,
    "</svg>",
  ].join("");
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
