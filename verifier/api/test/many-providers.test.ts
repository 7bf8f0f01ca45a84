/** A list of many providers. */
import { expect } from 'chai'
import { connect, ENDPOINTS } from '../../client/index.js'
import { startManyProviders } from './many-providers.js'

const PROVIDERS = 500
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
        const page = await api.get(ENDPOINTS.providers, query)
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

  it('shows a new report without decoding it', async () => {
    const node = await startManyProviders(PROVIDERS)
    try {
      for (let i = 0; i < 3; i++) {
        const { headerHash, leaves } = await node.accept()
        const page = await connect(node.url).get(ENDPOINTS.providers)
        expect(page.headerHash).to.equal(headerHash)
        expect((await node.store.getReport(headerHash))!.leaves, 'the very leaves that were written').to.equal(leaves)
      }
    } finally {
      await node.stop()
    }
  })
})
