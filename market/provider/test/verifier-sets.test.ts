import { expect } from 'chai'
import { DEVNET } from '../../../proto/params.js'
import { tokenAllowance } from '../../../verifier/core/assignment/token-need.js'
import type { FrozenVerifier } from '../../../verifier/core/facts.js'
import { peerIdOf } from '../../../verifier/net/peer-keys.js'
import { Directory } from '../../../verifier/node/directory.js'
import { VerifierSets } from '../verifier-sets.js'

const clock = { genesisMs: 1_000_000, epochMs: 10_000, eraEpochs: 5 }
const inEpoch = (epoch: number) => clock.genesisMs + (epoch - 1) * clock.epochMs + 1
const SETS = { 1: [1, 2, 3, 4], 2: [2, 3, 4, 5] }

describe('the verifiers that get tokens', () => {
  let peerIds: string[]
  let known: number[]
  let second: number[]
  let sets: VerifierSets

  before(async () => {
    peerIds = await Promise.all([1, 2, 3, 4, 5].map(n => peerIdOf(new Uint8Array(32).fill(n))))
  })

  beforeEach(() => {
    ;[known, second] = [[1], SETS[2]]
    const announced = peerIds.map((peerId, i) => {
      const multiaddrs = Array.from({ length: 9 }, (_, n) => `/ip4/192.0.2.${10 * (i + 1) + n}/tcp/1`)
      return { role: 'verifier', index: i + 1, account: `0x${`0${i}`.repeat(20)}`, peerId, multiaddrs } as const
    })
    const chain = {
      clock: async () => clock,
      isSetKnown: async (era: number) => known.includes(era),
      frozenSet: async (era: number) => (era === 1 ? SETS[1] : second).map(index => ({ index }) as FrozenVerifier),
    }
    const directory = new Directory({ announcements: async () => [...announced] }, { warn: () => {} })
    sets = new VerifierSets(chain, directory, DEVNET)
  })

  it('have them before the first epoch, as soon as the first set is known', async () => {
    known = []
    expect(await sets.refresh(inEpoch(0))).to.deep.equal([])
    known = [1]
    expect(await sets.refresh(inEpoch(0))).to.deep.equal([1])
  })

  it('have those of the next era once its set is known, and those of the last for one more epoch', async () => {
    expect(await sets.refresh(inEpoch(5))).to.deep.equal([1])
    known = [1, 2]
    expect(await sets.refresh(inEpoch(5))).to.deep.equal([1, 2])
    expect(await sets.refresh(inEpoch(6))).to.deep.equal([1, 2])
    expect(await sets.refresh(inEpoch(7))).to.deep.equal([2])
  })

  it('are the announced peers of the set, each with the allowance', async () => {
    known = [1, 2]
    await sets.refresh(inEpoch(5))
    const tokens = tokenAllowance(DEVNET, 4)
    expect(sets.entitlementOf(peerIds[0]!, 1)).to.deep.equal({ holder: 'verifier-1', tokens })
    expect(sets.entitlementOf(peerIds[0]!, 2), 'has left').to.equal(undefined)
    expect(sets.entitlementOf(peerIds[4]!, 1), 'comes later').to.equal(undefined)
    expect(sets.entitlementOf(peerIds[4]!, 2)).to.deep.equal({ holder: 'verifier-5', tokens })
    expect(sets.entitlementOf(await peerIdOf(new Uint8Array(32).fill(77)), 1), 'a stranger').to.equal(undefined)
  })

  it('are read again until their era begins, since a late freeze may change a known set', async () => {
    known = [1, 2]
    second = SETS[1]
    await sets.refresh(inEpoch(5))
    expect(sets.entitlementOf(peerIds[4]!, 2)).to.equal(undefined)
    second = SETS[2]
    await sets.refresh(inEpoch(6))
    expect(sets.entitlementOf(peerIds[4]!, 2)?.holder).to.equal('verifier-5')
  })

  it('name a few hosts each, however many they announce', async () => {
    await sets.refresh(inEpoch(1))
    expect(sets.hosts()).to.have.length(4 * 4)
  })
})
