/** Lines over time. A gap is a time without a figure. The same figures stand in a table beside it. */
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { timeText } from '../../evidence/text/figures.js'
import { NOTHING } from './columns.js'

export interface Line {
  readonly label: string
  /** a custom property that holds a colour */
  readonly colour: `--${string}`
  readonly values: readonly (number | null)[]
  readonly isDashed?: boolean
  /** holds until the next figure; else the line goes straight to it */
  readonly isStepped?: boolean
  /** points without a line */
  readonly isPoints?: boolean
}

interface Props {
  readonly label: string
  /** unix seconds, ascending */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  readonly unit: string
  readonly most?: number
}

const HEIGHT_PX = 180
const DASH = [6, 4]

export function Chart({ label, times, lines, unit, most }: Props) {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = box.current!
    let plot: uPlot | undefined
    const draw = () => {
      plot?.destroy()
      plot = new uPlot(
        optionsOf(element, { lines, unit, most }),
        [times, ...lines.map(one => one.values)] as uPlot.AlignedData,
        element,
      )
    }
    draw()
    const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT_PX }))
    resized.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', draw)
    return () => {
      resized.disconnect()
      scheme.removeEventListener('change', draw)
      plot?.destroy()
    }
  }, [times, lines, unit, most])
  return <div ref={box} class="chart" role="img" aria-label={label} />
}

function optionsOf(element: HTMLElement, { lines, unit, most }: Pick<Props, 'lines' | 'unit' | 'most'>): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1, size: 4 },
    font: `12px ${style.fontFamily}`,
  }
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    legend: { live: true },
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, most ?? Math.max(max * 1.08, 1)] } },
    axes: [
      { ...axis, space: 64, values: (_, ticks, __, ___, step) => ticks.map(tick => timeAt(tick, step)) },
      { ...axis, size: 52, values: (_, ticks) => ticks.map(tick => `${tick}`) },
    ],
    series: [
      { label: 'Began', value: (_, seconds) => (seconds === null ? NOTHING : timeText(seconds)) },
      ...lines.map(
        (line): uPlot.Series => ({
          label: line.label,
          stroke: colour(line.colour),
          width: line.isPoints ? 0 : 1.5,
          ...(line.isDashed ? { dash: DASH } : {}),
          ...(line.isStepped ? { paths: uPlot.paths.stepped!({ align: 1 }) } : {}),
          ...(line.isPoints ? { paths: () => null } : {}),
          points: {
            show: line.isPoints || line.values.length < 60,
            size: line.isPoints ? 8 : 5,
            fill: colour(line.colour),
          },
          value: (_, value) => (value === null ? NOTHING : `${value.toFixed(2)} ${unit}`),
        }),
      ),
    ],
  }
}

const DAY_S = 86_400

/** `12:01:40`, `12:01` or `03-01` of UTC, as fine as the step from one tick to the next asks for. */
function timeAt(seconds: number, step: number): string {
  const iso = new Date(seconds * 1000).toISOString()
  if (step >= DAY_S) return iso.slice(5, 10)
  return step >= 60 ? iso.slice(11, 16) : iso.slice(11, 19)
}
