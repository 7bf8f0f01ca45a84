import { expect } from 'chai'
import { type DecoyReveal, decoyCommitment } from '../../../proto/decoy.js'
import { keccakText } from '../../../proto/hash.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { EthersChain } from '../ethers-chain.js'
import { PARAMS, postTo, useLiveNetwork } from './live-network.js'

describe('decoys on the chain', () => {
  const net = useLiveNetwork({ ...PARAMS, rewardDelayEpochs: 3 })

  it('are read by the report that pays for an epoch of their range, and by no other', async () => {
    const decoy: EthersChain = await net.live.connectAs('p0')
    const { chainId, contracts } = net.live.setup.network
    const reveal: DecoyReveal = { provider: decoy.account!, firstEpoch: 1, lastEpoch: 2, seed: keccakText('seed') }
    const commitment = decoyCommitment({ chainId, contract: contracts.decoys }, reveal)
    try {
      expect(await net.chain.commitDecoy(commitment)).to.include({ kind: 'done' })
      expect(await net.chain.commitDecoy(commitment)).to.deep.equal({ kind: 'already' })
      let previous: Hex = ZERO_HASH
      for (const epoch of [1, 2]) {
        const certified = net.live.certify(await net.live.runTo(epoch), previous)
        expect(await decoy.revealDecoy(reveal)).to.include({ kind: 'rejected' })
        expect(await postTo(net.chain, certified)).to.include({ kind: 'done' })
        previous = certified.headerHash
      }
      expect(await decoy.revealDecoy(reveal)).to.include({ kind: 'done' })
      expect(await decoy.revealDecoy(reveal)).to.deep.equal({ kind: 'already' })
      for (const epoch of [4, 5, 6]) await net.live.mineAt((await net.live.epochStart(epoch)) + 1)
      const paid = await Promise.all(
        [1, 2, 3, 4, 5, 6].map(async epoch => (await net.chain.factsAt(epoch))!.paidReport),
      )
      expect(paid.map(({ reveals }) => reveals)).to.deep.equal([[], [], [], [reveal], [reveal], []])
      expect(paid.map(({ covered }) => covered.map(({ epoch }) => epoch))).to.deep.equal([[], [], [], [2], [1], []])
    } finally {
      decoy.close()
    }
  })
})
