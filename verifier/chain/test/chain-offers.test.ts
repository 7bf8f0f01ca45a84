import { bls12_381 } from '@noble/curves/bls12-381.js'
import { expect } from 'chai'
import { keccak256 } from 'ethers'
import { DEVNET } from '../../../proto/params.js'
import { type Anvil, startAnvil } from '../../../testnet/network/anvil.js'
import { type ChainOffers, chainOffers } from '../chain-offers.js'
import { openAnyChain } from '../connect.js'
import { KNOWN_CALLS } from '../precompiles.js'
import { RpcFault } from '../rpc-fault.js'

const { G1, G2 } = bls12_381
const words = (values: readonly bigint[]) => `0x${values.map(x => x.toString(16).padStart(128, '0')).join('')}`
type Point2 = InstanceType<typeof G2.Point>
const g2 = (point: Point2) => {
  const { x, y } = point.toAffine()
  return words([x.c0, x.c1, y.c0, y.c1])
}

describe('what a chain offers', () => {
  it('every known answer is what another library computes', () => {
    const twice = G1.Point.BASE.double().toAffine()
    const answers: Record<string, string> = {
      G1ADD: words([twice.x, twice.y]),
      G2ADD: g2(G2.Point.BASE.double()),
      PAIRING: `0x${'1'.padStart(64, '0')}`,
      MAP_FP2_TO_G2: g2(G2.mapToCurve([1n, 2n]) as unknown as Point2),
    }
    for (const { name, answerHash } of KNOWN_CALLS) expect(keccak256(answers[name]!), name).to.equal(answerHash)
  })

  async function offersOf(hardfork: 'osaka' | 'cancun', blocks: number, params = DEVNET): Promise<ChainOffers> {
    const anvil: Anvil = await startAnvil({ hardfork, chainId: 1234 })
    const provider = await openAnyChain(anvil.rpcUrl)
    try {
      await provider.send('anvil_setBlockTimestampInterval', [2]) // an interval of `anvil_mine` is added to the clock's time
      if (blocks > 0) await provider.send('anvil_mine', [`0x${blocks.toString(16)}`])
      return await chainOffers(provider, params)
    } finally {
      provider.destroy()
      await anvil.stop()
    }
  }

  it('a chain with everything', async () => {
    const { chainId, head, precompiles, randomness, gapSeconds, blockHash, history } = await offersOf('osaka', 300)
    expect({ chainId, head }).to.deep.equal({ chainId: 1234, head: 300 })
    expect(precompiles.map(({ says }) => says)).to.deep.equal(Array(4).fill('the right answer'))
    expect(new Set(randomness).size).to.equal(65)
    expect(gapSeconds.slice(1)).to.deep.equal(Array(63).fill(2))
    expect(blockHash).to.deep.equal({ blocksBack: 255, isRight: true })
    expect(history).to.deep.equal({ blocksBack: 300, isRight: true })
  })

  it('the state of blocks as far back as facts reach: two epochs and a window', async () => {
    const params = { ...DEVNET, epochSeconds: 20, windowEpochs: 3 }
    const { state } = await offersOf('osaka', 300, params)
    expect(state).to.deep.equal({ blocksBack: 50 })
    expect((await offersOf('osaka', 30, params)).state, 'of a young chain').to.deep.equal({ blocksBack: 30 })
  })

  it('a chain before Prague, where a call to a missing precompile succeeds and returns nothing', async () => {
    const { precompiles, blockHash, history } = await offersOf('cancun', 10)
    expect(precompiles.map(({ says }) => says)).to.deep.equal(Array(4).fill('nothing'))
    expect(blockHash).to.deep.equal({ blocksBack: 10, isRight: true })
    expect(history).to.deep.equal({ blocksBack: 10, isRight: false })
  })

  it('a chain that has only its first block', async () => {
    const { head, randomness, gapSeconds, blockHash, history, state } = await offersOf('osaka', 0)
    expect(state).to.deep.equal({ blocksBack: 0 })
    expect({ head, randomness, gapSeconds }).to.deep.equal({ head: 0, randomness: [], gapSeconds: [] })
    expect([blockHash, history]).to.deep.equal([undefined, undefined])
  })

  it('a chain that does not answer is told, without a wait', async () => {
    const anvil = await startAnvil()
    await anvil.stop()
    const error = await openAnyChain(anvil.rpcUrl).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(RpcFault)
  })
})
