/**
 * The metrics of a node: each is described once, for Prometheus and for the reference in docs/reference/metrics.md. A
 * metric reads a number that the node keeps anyway, when somebody asks. So counting costs nothing beside that number.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

export interface Sample {
  readonly value: number
  /** a value for each label of the metric */
  readonly labels: Readonly<Record<string, string>>
}

/** @template S the node, or the part of one, that the metric reads */
export interface Metric<S> {
  readonly kind: 'counter' | 'gauge'
  /** with its base unit, and `_total` for a counter */
  readonly name: `bandwitness_${string}`
  readonly help: string
  /** each has few values: never an address, a key or a peer */
  readonly labels: readonly string[]
  readonly read: (source: S) => readonly Sample[]
}

type Description = Pick<Metric<never>, 'kind' | 'name' | 'help'>

/** A metric without labels. @param read undefined while there is nothing to show */
export const single = <S>(about: Description, read: (source: S) => number | undefined): Metric<S> => ({
  ...about,
  labels: [],
  read: source => {
    const value = read(source)
    return value === undefined ? [] : [{ value, labels: {} }]
  },
})

/** A metric with one label. @param read its values, by the label's; undefined while there is nothing to show */
export const byLabel = <S>(
  about: Description,
  label: string,
  read: (source: S) => Readonly<Record<string, number>> | undefined,
): Metric<S> => ({
  ...about,
  labels: [label],
  read: source => Object.entries(read(source) ?? {}).map(([name, value]) => ({ value, labels: { [label]: name } })),
})

/** A metric with two labels. @param read its values, by the first label's and then by the second's */
export const byLabels = <S>(
  about: Description,
  [first, second]: readonly [string, string],
  read: (source: S) => Readonly<Record<string, Readonly<Record<string, number>>>> | undefined,
): Metric<S> => ({
  ...about,
  labels: [first, second],
  read: source =>
    Object.entries(read(source) ?? {}).flatMap(([outer, values]) =>
      Object.entries(values).map(([inner, value]) => ({ value, labels: { [first]: outer, [second]: inner } })),
    ),
})

/**
 * A registry of one node, so that nodes in one process do not mix. It holds the metrics of the process as well, under
 * the names that all programs on Node.js share.
 */
export function registryOf<S>(metrics: readonly Metric<S>[], source: S): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const metric of metrics) expose(registry, metric, source)
  return registry
}

function expose<S>(registry: Registry, { kind, name, help, labels, read }: Metric<S>, source: S): void {
  const common = { name, help, labelNames: [...labels], registers: [registry] }
  if (kind === 'gauge') {
    new Gauge({
      ...common,
      collect() {
        forget(this, labels)
        for (const { labels, value } of read(source)) this.set(labels, value)
      },
    })
  } else {
    new Counter({
      ...common,
      collect() {
        forget(this, labels)
        for (const { labels, value } of read(source)) this.inc(labels, value)
      },
    })
  }
}

/** Drops the values of the last look. The library would show a metric without labels as 0. */
function forget(metric: Gauge | Counter, labels: readonly string[]): void {
  metric.reset()
  if (labels.length === 0) metric.remove()
}
