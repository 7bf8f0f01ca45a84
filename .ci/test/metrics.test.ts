/** The metrics of real nodes, and what reads them: the dashboard and the alert rules. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'
import { EXIT_METRICS } from '../../market/exit/exit-metrics.js'
import { PROVIDER_METRICS } from '../../market/provider/provider-metrics.js'
import { VERIFIER_METRICS } from '../../verifier/metrics/verifier-metrics.js'
import { metricsIn } from '../promql.js'
import { LiveNodes, scrape } from './live-nodes.js'

const DASHBOARD = 'docs/operations/grafana/bandwitness.json'
const RULES = 'docs/operations/prometheus/alerts.yml'
/** Prometheus makes it for each target, and names the target's job and address in it. */
const OF_PROMETHEUS = 'up'

interface Panel {
  readonly type: string
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}
interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

const allPanels = (JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { readonly panels: readonly Panel[] }).panels
const panels = allPanels.filter(({ type }) => type !== 'row')
const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: readonly { readonly rules: readonly Rule[] }[] }
const rules = groups.flatMap(group => group.rules)
const targets = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))

/** By name, the type of a metric and what it means. */
const describedIn = (text: string): Map<string, { help: string; type: string }> =>
  new Map(
    [...text.matchAll(/^# HELP (\S+) (.+)\n# TYPE \S+ (\S+)$/gm)].map(([, name, help, type]) => [
      name!,
      { help: help!, type: type! },
    ]),
  )

/** The lines with values of one metric. */
const samplesOf = (text: string, name: string): string[] =>
  text.split('\n').filter(line => new RegExp(`^${name}(\\{| )`).test(line))

/** Waits for what is not there at once. */
async function until(scraped: () => Promise<string>, isThere: (text: string) => boolean): Promise<string> {
  for (;;) {
    const text = await scraped()
    if (isThere(text)) return text
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

describe('metrics', () => {
  let nodes: LiveNodes
  before(async () => {
    nodes = await LiveNodes.start()
  })
  after(() => nodes.stop())
  const oneOfEachKind = () => [nodes.verifier, nodes.provider, nodes.exit]

  it('stand at /metrics of each node, with help, before the network has started and after', async () => {
    const text = await scrape(nodes.verifier)
    expect(samplesOf(text, 'bandwitness_last_signed_epoch'), 'it has signed nothing').to.be.empty
    const early = describedIn(text)
    await nodes.begin()
    for (const [node, metrics] of [
      [nodes.verifier, VERIFIER_METRICS],
      [nodes.provider, PROVIDER_METRICS],
      [nodes.exit, EXIT_METRICS],
    ] as const) {
      const described = describedIn(await scrape(node))
      for (const { name, kind, help } of metrics) expect(described.get(name), name).to.deep.equal({ type: kind, help })
      const own = [...described.keys()].filter(name => name.startsWith('bandwitness_'))
      expect(own.sort()).to.deep.equal(metrics.map(({ name }) => name).sort())
      expect([...described.keys()]).to.include.members(['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds'])
    }
    expect(VERIFIER_METRICS.every(({ name }) => early.has(name))).to.equal(true)
  })

  it('hold what the node knows', async () => {
    const text = await until(
      () => scrape(nodes.verifier),
      text => samplesOf(text, 'bandwitness_gossip_messages_total').length > 0,
    )
    expect(samplesOf(text, 'bandwitness_chain_rpc_requests_total').join()).to.match(/method="eth_call"} [1-9]/)
    expect(samplesOf(text, 'bandwitness_chain_transactions_total').join()).to.include(
      'method="announce",result="done"} 1',
    )
    expect(samplesOf(text, 'bandwitness_udp_receive_buffer_bytes').join()).to.match(/ [1-9]\d+$/)
    expect(samplesOf(text, 'bandwitness_phase').filter(line => line.endsWith(' 1'))).to.have.length(1)
    expect(Number(samplesOf(text, 'bandwitness_chain_head_timestamp_seconds')[0]?.split(' ')[1])).to.be.above(1e9)
    const provider = await scrape(nodes.provider)
    expect(samplesOf(provider, 'bandwitness_provider_sessions_refused_total').join()).to.include('reason="tooMuch"} 0')
    expect(samplesOf(provider, 'bandwitness_node_info').join()).to.include('role="provider"')
    const exit = await scrape(nodes.exit)
    expect(samplesOf(exit, 'bandwitness_node_info').join()).to.include('role="exit"')
    expect(samplesOf(exit, 'bandwitness_exit_datagrams_total').join()).to.include('result="forged"} 0')
  })

  it('of several nodes in one process do not mix', async () => {
    const [own, other] = await Promise.all([scrape(nodes.verifier), scrape(nodes.other)])
    const before = samplesOf(other, 'bandwitness_chain_rpc_requests_total')
    expect(samplesOf(own, 'bandwitness_chain_rpc_requests_total')).to.not.deep.equal(before)
    expect(samplesOf(await scrape(nodes.provider), 'bandwitness_epoch')).to.be.empty
  })

  it('name no peer, no address and no key in a label, and no endless list of anything', async () => {
    for (const text of await Promise.all(oneOfEachKind().map(scrape))) {
      const own = text.split('\n').filter(line => line.startsWith('bandwitness_'))
      expect(own.filter(line => /0x[0-9a-f]{8}|12D3Koo|\d+\.\d+\.\d+\.\d+|\/ip[46]\//.test(line))).to.deep.equal([])
      const counts = new Map<string, number>()
      for (const line of own) {
        const name = /^\w+/.exec(line)![0]
        counts.set(name, (counts.get(name) ?? 0) + 1)
      }
      for (const [name, count] of counts) expect(count, name).to.be.below(40)
    }
  })

  it('are no larger for being read by many at once', async () => {
    const forwardedIn = (text: string) => {
      const [forwarded, ...more] = samplesOf(text, 'bandwitness_provider_forwarded_bytes_total')
      expect(more).to.be.empty
      return Number(forwarded!.split(' ').at(-1))
    }
    const before = forwardedIn(await scrape(nodes.provider))
    const texts = await Promise.all(Array.from({ length: 20 }, () => scrape(nodes.provider)))
    const after = forwardedIn(await scrape(nodes.provider)) // sessions go on meanwhile
    for (const text of texts) {
      expect(samplesOf(text, 'bandwitness_node_info').map(line => line.split(' ').at(-1))).to.deep.equal(['1'])
      expect(forwardedIn(text)).to.be.within(before, after)
    }
  })

  it('are all that the dashboard and the alert rules read', async () => {
    const there = new Set([
      OF_PROMETHEUS,
      ...(await Promise.all(oneOfEachKind().map(scrape))).flatMap(text => [...describedIn(text).keys()]),
    ])
    const read = [...targets, ...rules].flatMap(({ expr }) => metricsIn(expr))
    expect(read).to.not.be.empty
    expect(read.filter(name => !there.has(name))).to.deep.equal([])
  })
})

describe('the dashboard', () => {
  it('has a query in each panel, and each title once', () => {
    expect(panels.filter(({ targets = [] }) => targets.length === 0)).to.deep.equal([])
    const titles = panels.map(({ title }) => title)
    expect(new Set(titles)).to.have.length(titles.length)
  })

  it('shows each metric of the nodes', () => {
    const shown = new Set(targets.flatMap(({ expr }) => metricsIn(expr)))
    const all = [...VERIFIER_METRICS, ...PROVIDER_METRICS, ...EXIT_METRICS]
    const missing = all.map(({ name }) => name).filter(name => !shown.has(name))
    expect(missing).to.deep.equal([])
  })
})

describe('the alert rules', () => {
  it('each say how urgent they are, what is wrong, and what to do, and each has a section in the guide', () => {
    const guide = readFileSync('docs/operations/README.md', 'utf8')
    for (const { alert, labels, annotations } of rules) {
      expect(labels.severity, alert).to.be.oneOf(['critical', 'warning'])
      expect(annotations.summary, alert).to.be.a('string').and.not.empty
      expect(annotations.action, alert).to.be.a('string').and.not.empty
      expect(guide, alert).to.include(`\`${alert}\``)
    }
  })

  it('are refused by their check when they are no expression', () => {
    for (const broken of ['rate(bandwitness_epoch[5m)', 'sum by (', 'up ==', '']) {
      expect(() => metricsIn(broken), broken).to.throw(SyntaxError)
    }
    expect(metricsIn('sum by (job) (rate(a_total{x="y"}[$__rate_interval])) / b > 1')).to.deep.equal(['a_total', 'b'])
  })
})
