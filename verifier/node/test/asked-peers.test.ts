/** Whom a verifier asks, and in which order: none of these peers can be reached. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { expect } from 'chai'
import { systemClock } from '../../../probe/index.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex } from '../../../proto/hex.js'
import { DEVNET } from '../../../proto/params.js'
import { facts as sampleFacts } from '../../core/test/samples.js'
import { silent } from '../../net/test/network.js'
import type { VerifierContext } from '../context.js'
import type { Directory } from '../directory.js'
import { PeerSync } from '../peer-sync.js'
import { epochs } from './gossip-samples.js'

const SELF = 4
const facts = { ...sampleFacts({ verifiers: 20, providers: 1, epoch: 3 }) }
const indices = facts.verifiers.map(({ index }) => index)
const others = indices.filter(index => index !== indices[SELF])

describe('whom a verifier asks', () => {
  let announced: { readonly index: number; readonly peerId: string; readonly multiaddrs: string[] }[]
  let asked: number[]
  before(async () => {
    const ids = await Promise.all(indices.map(async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
    announced = ids.map((id, i) => ({ index: indices[i]!, peerId: id.toString(), multiaddrs: [] }))
  })

  /** @param seed of this node's random order */
  function peerSync(seed: string): PeerSync {
    asked = []
    const dial = async (peerId: unknown) => {
      asked.push(announced.find(one => one.peerId === String(peerId))!.index)
      throw new Error('nobody is there')
    }
    const context = {
      ...{ self: { index: indices[SELF] }, log: silent, params: DEVNET, epochs },
      ...{ peer: { dial, getConnections: () => [] }, store: { ballots: { head: async () => undefined } } },
      ...{ random: { bytes: () => fromHex(keccakText(seed)) }, stopping: new AbortController().signal },
      ...{ clock: systemClock, offences: { report: () => {} } },
    } as unknown as VerifierContext
    return new PeerSync(context, { verifiers: () => announced } as unknown as Directory)
  }

  const entry = { verifier: others[0]!, root: keccakText('a root that nobody holds') }

  it('are all others once, and those first that listed the ballot', async () => {
    const holders = [others[17]!, others[3]!, others[9]!]
    expect(await peerSync('a').ballot(entry, facts, holders)).to.equal(undefined)
    expect(asked.slice(0, 3)).to.have.members(holders)
    expect(asked.toSorted((a, b) => a - b)).to.deep.equal(others)
  })

  it('attack: nobody foresees whom it asks first, so a few that stall are not always first', async () => {
    const firsts = new Set<number>()
    for (let i = 0; i < 12; i++) {
      await peerSync(`seed ${i}`).ballot(entry, facts)
      firsts.add(asked[0]!)
    }
    expect(firsts.size).to.be.above(3)
  })

  it('attack: strangers with a bond, outside the frozen set, are not asked what the set said', async () => {
    const set = { ...facts, verifiers: facts.verifiers.slice(0, 7) }
    await peerSync('c').gossip(set, async () => true)
    expect(asked.toSorted((a, b) => a - b)).to.deep.equal(indices.slice(0, 7).filter(one => one !== indices[SELF]))
  })
})
