/** A plot of lines and points as SVG, for a page of `docs/`. Pure. */

export interface Series {
  readonly name: string
  /** a curve, as derived; empty for none */
  readonly line: readonly Point[]
  /** as found */
  readonly points: readonly Point[]
}

export type Point = readonly [x: number, y: number]

export interface Plot {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly x: readonly [from: number, to: number]
  readonly y: readonly [from: number, to: number]
  /** y by powers of ten */
  readonly logarithmic: boolean
  readonly xTicks: readonly number[]
  readonly yTicks: readonly number[]
  readonly yText: (y: number) => string
  readonly series: readonly Series[]
}

const WIDTH = 720
const HEIGHT = 380
const LEFT = 76
const RIGHT = 210
const TOP = 44
const BOTTOM = 52
/** Told apart by colour-blind readers as well (M. Okabe, K. Ito, Color Universal Design, 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00']

export function linePlot(plot: Plot): string {
  const { title, xLabel, yLabel, xTicks, yTicks, yText, series } = plot
  const { px, py, isInside } = scales(plot)
  const right = WIDTH - RIGHT
  const bottom = HEIGHT - BOTTOM
  const text = (x: number, y: number, what: string, more = '') =>
    `<text x="${x}" y="${y}" ${more}>${escaped(what)}</text>`
  const grid = [
    ...xTicks.flatMap(x => [
      `<line class="grid" x1="${px(x)}" y1="${TOP}" x2="${px(x)}" y2="${bottom}"/>`,
      text(px(x), bottom + 18, `${x}`, 'text-anchor="middle"'),
    ]),
    ...yTicks.flatMap(y => [
      `<line class="grid" x1="${LEFT}" y1="${py(y)}" x2="${right}" y2="${py(y)}"/>`,
      text(LEFT - 8, py(y) + 4, yText(y), 'text-anchor="end"'),
    ]),
  ]
  const drawn = series.flatMap(({ name, line, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]!
    const path = line.filter(isInside).map(([x, y]) => `${px(x)},${py(y)}`)
    const legendY = TOP + 14 + 22 * i
    return [
      ...(path.length > 1
        ? [`<polyline fill="none" stroke="${colour}" stroke-width="2" points="${path.join(' ')}"/>`]
        : []),
      ...points.filter(isInside).map(([x, y]) => `<circle cx="${px(x)}" cy="${py(y)}" r="4.5" fill="${colour}"/>`),
      `<circle cx="${right + 20}" cy="${legendY - 4}" r="4.5" fill="${colour}"/>`,
      text(right + 32, legendY, name),
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    '<style>.grid{stroke:#ddd}text{fill:#222}</style>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 24, title, 'font-weight="bold" font-size="15"'),
    ...grid,
    ...drawn,
    text((LEFT + right) / 2, HEIGHT - 12, xLabel, 'text-anchor="middle"'),
    text(18, (TOP + bottom) / 2, yLabel, `text-anchor="middle" transform="rotate(-90 18 ${(TOP + bottom) / 2})"`),
    '</svg>',
    '',
  ].join('\n')
}

function scales({ x, y, logarithmic }: Plot) {
  const at = (value: number) => (logarithmic ? Math.log10(value) : value)
  const rounded = (value: number) => Math.round(10 * value) / 10
  const [yFrom, yTo] = [at(y[0]), at(y[1])]
  return {
    px: (value: number) => rounded(LEFT + ((WIDTH - LEFT - RIGHT) * (value - x[0])) / (x[1] - x[0])),
    py: (value: number) => rounded(HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (at(value) - yFrom)) / (yTo - yFrom)),
    isInside: ([px, py]: Point) => px >= x[0] && px <= x[1] && py >= y[0] && py <= y[1],
  }
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
