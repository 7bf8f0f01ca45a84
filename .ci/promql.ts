/** Which metrics an expression of Prometheus reads. */
import { parser } from '@prometheus-io/lezer-promql'

/** What Grafana puts in the place of its own variables. A variable in quotes is text to the parser. */
const GRAFANA_INTERVAL = /\$__(?:rate_interval|interval|range)\b/g

/** @returns the names, each once. @throws SyntaxError for what is no expression */
export function metricsIn(expression: string): string[] {
  const text = expression.replace(GRAFANA_INTERVAL, '5m')
  const names = new Set<string>()
  parser.parse(text).iterate({
    enter: ({ type, name, from, to, node }) => {
      if (type.isError) throw new SyntaxError(`Wrong at character ${from}: ${expression}`)
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') names.add(text.slice(from, to))
    },
  })
  return [...names]
}
