export interface Line {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
  isDashed?: boolean;
}

export interface Chart {
  title: string;
  /** With the unit. */
  x: string;
  y: string;
  lines: readonly Line[];
  /** Powers of ten in place of even steps. */
  isLogarithmic?: boolean;
  /** A stretch of the x axis that is marked. */
  marked?: { from: number; to: number; name: string };
}

const [WIDTH, HEIGHT] = [760, 340];
const PLOT = { left: 64, top: 40, right: 560, bottom: 288 };
/** Readable on white and on black, also for people who do not see red and green apart. */
const COLOURS = ["#0b74c4", "#d55e00", "#0a9b72", "#b6629b"];

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #333; }
  .title { font-weight: 600; font-size: 15px; }
  .axis { stroke: #888; fill: none; }
  .grid { stroke: #8883; fill: none; }
  .marked { fill: #8882; }
  .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
  @media (prefers-color-scheme: dark) { text { fill: #ddd; } }
`.trim();

/** A line chart as SVG. The same figures give the same text. */
export function svgOf({ title, x, y, lines, isLogarithmic = false, marked }: Chart): string {
  const all = lines.flatMap(({ points }) => points);
  const highestX = Math.max(...all.map(([value]) => value));
  const highestY = Math.max(...all.map(([, value]) => value));
  const xTicks = evenTicks(highestX);
  const yTicks = isLogarithmic ? powerTicks(highestY) : evenTicks(highestY);
  const [lastX = 1, firstY = 0, lastY = 1] = [highestX, yTicks[0], yTicks.at(-1)];
  const scale = (value: number) => (isLogarithmic ? Math.log10(Math.max(value, firstY)) : value);
  const atX = (value: number) => round(PLOT.left + (value / lastX) * (PLOT.right - PLOT.left));
  const share = (value: number) => (scale(value) - scale(firstY)) / (scale(lastY) - scale(firstY));
  const atY = (value: number) => round(PLOT.bottom - share(value) * (PLOT.bottom - PLOT.top));

  const grid = yTicks.map(
    (tick) =>
      `<path class="grid" d="M${PLOT.left} ${atY(tick)}H${PLOT.right}"/><text x="${PLOT.left - 8}" y="${atY(tick) + 4}" text-anchor="end">${tick.toLocaleString("en-US")}</text>`,
  );
  const ticks = xTicks.map(
    (tick) => `<text x="${atX(tick)}" y="${PLOT.bottom + 18}" text-anchor="middle">${tick}</text>`,
  );
  const drawn = lines.map(({ points, isDashed }, index) => {
    const path = points.map(([px, py], at) => `${at === 0 ? "M" : "L"}${atX(px)} ${atY(py)}`).join("");
    return `<path class="line" stroke="${COLOURS[index]}"${isDashed ? ' stroke-dasharray="6 5"' : ""} d="${path}"/>`;
  });
  const legend = lines.flatMap(({ name, isDashed }, index) => {
    const top = PLOT.top + 10 + index * 40;
    const [first = "", ...more] = name.split("\n");
    return [
      `<path class="line" stroke="${COLOURS[index]}"${isDashed ? ' stroke-dasharray="6 5"' : ""} d="M${PLOT.right + 14} ${top}h24"/>`,
      ...[first, ...more].map(
        (text, row) => `<text x="${PLOT.right + 44}" y="${top + 4 + row * 15}">${text}</text>`,
      ),
    ];
  });
  const band =
    marked === undefined
      ? []
      : [
          `<rect class="marked" x="${atX(marked.from)}" y="${PLOT.top}" width="${round(atX(marked.to) - atX(marked.from))}" height="${PLOT.bottom - PLOT.top}"/>`,
          `<text x="${atX((marked.from + marked.to) / 2)}" y="${PLOT.top - 5}" text-anchor="middle">${marked.name}</text>`,
        ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="${PLOT.left}" y="18">${title}</text>`,
    ...band,
    ...grid,
    `<path class="axis" d="M${PLOT.left} ${PLOT.top}V${PLOT.bottom}H${PLOT.right}"/>`,
    ...ticks,
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${PLOT.bottom + 40}" text-anchor="middle">${x}</text>`,
    `<text transform="translate(16 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${y}</text>`,
    ...drawn,
    ...legend,
    "</svg>",
    "",
  ].join("\n");
}

/** From 0 to at least the highest value, in four to eight steps. */
function evenTicks(highest: number): number[] {
  const rough = highest / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const count = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}

function powerTicks(highest: number): number[] {
  const count = Math.ceil(Math.log10(highest));
  return Array.from({ length: count + 1 }, (_, index) => 10 ** index);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
