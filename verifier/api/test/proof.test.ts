/** A proof from the API, as it came over HTTP, on the real contracts and in a library that knows nothing of this project. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import { LEAF_FIELDS } from '../../../proto/leaf.js'
import { PROVIDER_STAKE } from '../../../testnet/network/setup.js'
import { postTo, useLiveNetwork } from '../../chain/test/live-network.js'
import { connect, ENDPOINTS } from '../../client/index.js'
import type { VerifierNode } from '../../node/verifier-node.js'
import { Store } from '../../store/store.js'
import { serveApi } from '../server.js'
import { verifierRoutes } from '../verifier-routes.js'

const CHARGED = (PROVIDER_STAKE * 200n) / 10_000n

describe("a proof from a verifier's API", () => {
  const net = useLiveNetwork()

  it('settles a penalty on the chain, and verifies in @openzeppelin/merkle-tree', async () => {
    const { live, chain } = net
    const certified = live.certify(await live.runTo(1), ZERO_HASH)
    await postTo(chain, certified)
    const directory = await mkdtemp(join(tmpdir(), 'bandwitness-proof-'))
    const store = await Store.open(join(directory, 'db'), { mode: 'create' })
    const { header, headerHash, leaves } = certified
    await store.putReport({
      ...{ header, headerHash, leaves, rewards: [], ballots: [], isWrong: false, posted: await chain.posted(1) },
      ...{ soakVotes: new Map(), windows: new Map() },
    })
    const node = { store, chain, network: live.setup.network, epochNow: () => 2 } as unknown as VerifierNode
    const api = await serveApi({ host: '127.0.0.1', port: 0 }, app => verifierRoutes(app, node))
    try {
      const client = connect(api.url)
      const [slow, other] = leaves.map(({ provider }) => provider)
      const served = await client.get(ENDPOINTS.proof, { provider: slow!, epoch: 1 })
      const values = LEAF_FIELDS.map(([name]) => served.leaf[name])
      const types = LEAF_FIELDS.map(([, type]) => type)
      const { scoreRoot } = served.header
      expect(StandardMerkleTree.verify(scoreRoot, types, values, [...served.proof])).to.equal(true)
      expect(StandardMerkleTree.verify(scoreRoot, types, values, [ZERO_HASH])).to.equal(false)

      const { slashingManager } = chain.context.contracts
      const settle = slashingManager.getFunction('settle')
      await live.mineAt((await live.epochStart(3)) + live.setup.network.params.settlementSeconds + 1)
      const said = (header: object, leaf: object, proof: readonly string[]): Promise<string> =>
        settle
          .staticCall(header, leaf, proof, { from: chain.account })
          .then(String, error => String(error.revert?.name ?? error))
      expect(await said(served.header, { ...served.leaf, penaltyBps: 1000 }, served.proof)).to.equal('NotInReport')
      const honest = await client.get(ENDPOINTS.proof, { provider: other!, epoch: 'latest' })
      expect(await said(honest.header, honest.leaf, honest.proof)).to.equal('NoPenalty')
      expect(await said(served.header, served.leaf, served.proof)).to.equal(`${CHARGED}`)
      const call = [served.header, served.leaf, served.proof] as const
      const sent = await chain.sender!.send({
        ...{ contract: slashingManager, method: 'settle', args: call, isDone: async () => false },
      })
      expect(sent.kind).to.equal('done')
      expect((await chain.settlements(slow!)).map(({ charged }) => charged)).to.deep.equal([CHARGED])
    } finally {
      await api.close()
      await store.close()
      await rm(directory, { recursive: true })
    }
  })
})
