/** A list of many providers. BANDWITNESS_PROVIDERS=10000 prints how long it takes; the figures depend on the machine. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect } from 'chai'
import { connect, ENDPOINTS } from '../../client/index.js'
import { decodeCarryOver, encodeCarryOver } from '../../core/scoring/carry-over.js'
import { type ManyProviders, startManyProviders } from './many-providers.js'

const { BANDWITNESS_PROVIDERS: given } = process.env
const PROVIDERS = Number(given ?? 500)
/** As many as make a difference between what is decoded and what is at hand. */
const LISTED = Number(given ?? 2000)
/** The least of so many: a busy machine makes each of them longer now and then. */
const REPORTS = 8
const QUERIES = [
  { sort: 'score' },
  { sort: 'uptime', order: 'asc' },
  { sort: 'rate', tier: 2 },
  { q: 'peer-7', sort: 'provider' },
] as const

describe('a list of many providers', function () {
  this.timeout(120_000)

  it('is whole, sorted and filtered on the server, and read a page at a time', async () => {
    const node = await startManyProviders(PROVIDERS)
    const api = connect(node.url)
    try {
      for (const query of [{}, ...QUERIES, ...QUERIES]) {
        const start = performance.now()
        const page = await api.get(ENDPOINTS.providers, query)
        if (given !== undefined) console.log(JSON.stringify(query), `${Math.round(performance.now() - start)} ms`)
        expect(page.items.length).to.be.within(1, 100)
        expect(page.active).to.equal(PROVIDERS)
      }
      const scores: number[] = []
      for await (const { leaf } of api.items(ENDPOINTS.providers, { limit: 70 })) scores.push(leaf!.scoreBps)
      expect(scores).to.have.length(PROVIDERS)
      expect(scores).to.deep.equal([...scores].sort((a, b) => b - a))
    } finally {
      await node.stop()
    }
  })

  it('answers the first request after a report without decoding it, and leaves the thread to others', async () => {
    const node = await startManyProviders(LISTED)
    const figures: Figures[] = []
    try {
      await figuresOf(node)
      for (let i = 0; i < REPORTS; i++) figures.push(await figuresOf(node))
    } finally {
      await node.stop()
    }
    if (given !== undefined) console.table(figures)
    const least = (of: keyof Figures) => Math.min(...figures.map(one => one[of]))
    expect(least('blockMs')).to.be.below(least('decodeMs') / 2)
    expect(least('firstMs')).to.be.below(least('decodeMs') + least('laterMs'))
  })
})

interface Figures {
  /** the first answer after a report, and the longest that the thread was held meanwhile */
  readonly firstMs: number
  readonly blockMs: number
  readonly laterMs: number
  /** to decode the leaves of that report once */
  readonly decodeMs: number
}

async function figuresOf(node: ManyProviders): Promise<Figures> {
  const headerHash = await node.accept()
  const turns = monitorEventLoopDelay({ resolution: 1 })
  const asked = async () => {
    const startMs = performance.now()
    const page = (await (await fetch(`${node.url}/v1/providers`)).json()) as { headerHash: string }
    expect(page.headerHash).to.equal(headerHash)
    return performance.now() - startMs
  }
  await (await fetch(`${node.url}/health`)).text()
  turns.enable()
  const firstMs = await asked()
  turns.disable()
  const laterMs = Math.min(await asked(), await asked())
  const encoded = encodeCarryOver((await node.store.getReport(headerHash))!)
  const startMs = performance.now()
  decodeCarryOver(encoded)
  return { firstMs, blockMs: turns.max / 1e6, laterMs, decodeMs: performance.now() - startMs }
}
