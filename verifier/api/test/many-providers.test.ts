/** A list of many providers. BANDWITNESS_PROVIDERS=10000 prints how long it takes; the figure depends on the machine. */
import { expect } from 'chai'
import { connect, ENDPOINTS } from '../../client/index.js'
import { startManyProviders } from './many-providers.js'

const { BANDWITNESS_PROVIDERS: given } = process.env
const PROVIDERS = Number(given ?? 500)
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
})
