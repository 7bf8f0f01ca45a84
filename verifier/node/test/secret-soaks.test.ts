/** Who can tell a soak, and when: with real keys, signatures and ballots. */

import { PointFormat } from '@chainsafe/bls/types'
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { expect } from 'chai'
import { ballotDigest, type NetworkId, providerSchedule, scheduleDigest } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex } from '../../../proto/hex.js'
import { MerkleTree } from '../../../proto/merkle.js'
import { Ballot, MessageError } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { decodeVote, encodeVote, OUTCOME, type Vote } from '../../../proto/vote.js'
import bls from '../../bls/backend.js'
import { BlsSigner } from '../../bls/signer.js'
import { BlsVerifier } from '../../bls/verifier.js'
import { keysFromSeed } from '../../config/keys.js'
import { assign } from '../../core/assignment/assign.js'
import { isSoak, sessionOffsetMs, soakSeed, tickOffsetMs } from '../../core/assignment/schedule.js'
import { NOTHING_CARRIED } from '../../core/scoring/carry-over.js'
import { account, CLAIM_KBPS, encodedBallots, facts as sampleFacts, talliesIn, vote } from '../../core/test/samples.js'
import { ballotFault, inBallotOrder } from '../ballot-checks.js'

const NETWORK: NetworkId = { chainId: 31_337, contract: account('contract') }
const PARAMS = { ...DEVNET, epochSeconds: 3600, soakShareBps: 5_000 }
const PROVIDER = account('provider 0')
const verifier = new BlsVerifier()
const CHECKS = { bls: { signer: new BlsSigner(keysFromSeed('soaks', 'nobody').bls), verifier } }
after(() => verifier.end())

/** Verifiers with keys of their own, and an epoch of theirs. */
function networkOf(seed: string, { verifiers = 31, providers = 20 } = {}) {
  const chain = sampleFacts({ verifiers, providers })
  const signers = new Map(
    chain.verifiers.map(({ index }) => [index, new BlsSigner(keysFromSeed(seed, `verifier ${index}`).bls)] as const),
  )
  const blsKeyOf = (index: number) => toHex(signers.get(index)!.publicKey128)
  const facts = { ...chain, verifiers: chain.verifiers.map(one => ({ ...one, blsKey: blsKeyOf(one.index) })) }
  const scheduleOf = (receiver: number, of = facts) =>
    signers.get(receiver)!.sign(scheduleDigest(NETWORK, of, of.beacon))
  const draws = facts.verifiers.flatMap(({ index: receiver, blsKey }) => {
    const schedule = scheduleOf(receiver)
    return facts.providers.map(({ account: provider }) => {
      const scheduleProof = providerSchedule(schedule, provider)
      const soak = isSoak(soakSeed({ receiver, scheduleProof }, facts.beacon, []), provider, PARAMS)
      return { receiver, blsKey, provider, scheduleProof, soak }
    })
  })
  return { facts, signers, scheduleOf, draws }
}

type Draws = ReturnType<typeof networkOf>['draws']

/** How far from chance the guesses agree with the draws, in standard deviations. */
const deviation = (draws: Draws, guess: (draw: Draws[number]) => boolean): number => {
  const right = draws.filter(draw => guess(draw) === draw.soak).length
  return Math.abs(right - draws.length / 2) / (Math.sqrt(draws.length) / 2)
}
/** Exceeded by chance once in 16,000 guesses. Nothing here is random, so the test never fails by chance. */
const CHANCE = 4

describe('a soak of a receiver alone', () => {
  const network = networkOf('soaks')
  const { facts, draws, scheduleOf } = network

  it('cannot be told from all that is public when the epoch starts', () => {
    const before = { ...facts, epoch: facts.epoch - 1, beacon: keccakText('the beacon before') }
    const revealed = new Map(facts.verifiers.map(({ index }) => [index, scheduleOf(index, before)]))
    const guesses: Record<string, (draw: Draws[number]) => Hex> = {
      beacon: () => facts.beacon,
      'the block': () => facts.blockHash,
      'the digest that is signed': () => scheduleDigest(NETWORK, facts, facts.beacon),
      'the key': ({ blsKey }) => keccakText(blsKey),
      'the receiver': ({ receiver }) => keccakText(`${receiver} ${facts.beacon}`),
      'the schedule of the epoch before': ({ receiver, provider }) =>
        providerSchedule(revealed.get(receiver)!, provider),
      "another receiver's schedule": ({ provider }) => draws.find(draw => draw.provider === provider)!.scheduleProof,
    }
    for (const [what, seedOf] of Object.entries(guesses)) {
      const others = draws.filter(({ receiver }) => receiver !== draws[0]!.receiver)
      expect(
        deviation(others, draw => isSoak(seedOf(draw), draw.provider, PARAMS)),
        what,
      ).to.be.below(CHANCE)
    }
    const leak = deviation(draws, draw => isSoak(draw.scheduleProof, draw.provider, PARAMS))
    expect(leak).to.be.above(CHANCE)
  })

  it('cannot be told from the plan of the epoch, which is the same whoever soaks', () => {
    const other = networkOf('other keys')
    const planOf = (of: typeof facts) => {
      const { sessions, repeats, unplaced } = assign(of, PARAMS)
      return { sessions, repeats, unplaced }
    }
    expect(planOf(other.facts)).to.deep.equal(planOf(facts))
    expect(deviation(draws, () => true)).to.be.below(CHANCE)
    expect(deviation(draws, draw => other.draws[draws.indexOf(draw)]!.soak)).to.be.below(CHANCE)
  })

  it('cannot be told from the instants of its session and heartbeats, which come from the same secret', () => {
    const instants = {
      session: (proof: Hex) => sessionOffsetMs(proof, { offsetMs: 1024 }),
      heartbeat: (proof: Hex) => tickOffsetMs(proof, 0, { tickMs: 1024 }),
    }
    for (const [what, instantOf] of Object.entries(instants)) {
      for (let bit = 0; bit < 10; bit++) {
        const guess = ({ scheduleProof }: Draws[number]) => ((instantOf(scheduleProof) >> bit) & 1) === 1
        expect(deviation(draws, guess), `${what}, bit ${bit}`).to.be.below(CHANCE)
      }
    }
  })

  it('is shown by the vote afterwards, and then everybody agrees on it', async () => {
    const of = facts.verifiers[3]!.index
    const ballot = ballotOf(network, of, votesOf(network, of))
    expect(await ballotFault({ ...CHECKS, network: NETWORK }, facts, ballot)).to.equal(undefined)
    for (const { soak, scheduleProof, provider, receiver } of ballot.votes.map(decodeVote))
      expect(soak).to.equal(isSoak(soakSeed({ receiver, scheduleProof }, facts.beacon, []), provider, PARAMS))
  })
})

describe('the soaks of a group', () => {
  it('follow from the beacon, so that its members agree without talking', () => {
    const { facts, draws } = networkOf('soaks', { verifiers: 7, providers: 1 })
    const [one, two, alone] = draws as [Draws[number], Draws[number], Draws[number]]
    const groups = [[one.receiver, two.receiver]]
    for (const member of [one, two]) expect(soakSeed(member, facts.beacon, groups)).to.equal(facts.beacon)
    expect(soakSeed(alone, facts.beacon, groups)).to.equal(alone.scheduleProof)
  })
})

describe('a receiver that lies about its soak', () => {
  const network = networkOf('liars', { verifiers: 9, providers: 1 })
  const { facts, draws, scheduleOf } = network
  const drew = draws.find(({ soak }) => soak)!.receiver
  const drewNone = draws.find(({ soak }) => !soak)!.receiver
  const tallyOf = (change: (vote: Vote) => Vote) =>
    talliesIn({
      ...{ params: PARAMS, facts, assignment: assign(facts, PARAMS), previous: { epoch: 3, ...NOTHING_CARRIED } },
      ballots: encodedBallots(
        facts.verifiers.map(({ index }) => ({ verifier: index, votes: votesOf(network, index).map(change) })),
      ),
    }).get(PROVIDER)!
  const lie = (liar: number) =>
    tallyOf(cast => (cast.receiver === liar ? { ...cast, soak: !cast.soak } : cast)).receivers.find(
      ({ receiver }) => receiver === liar,
    )
  const soaking = draws.filter(({ soak }) => soak).map(({ receiver }) => receiver)

  it('counts with its ordinary reading beside soaks, as long as it is honest', () => {
    const { usable, soakVotes } = tallyOf(cast => cast)
    expect(usable).to.equal(9)
    expect(soakVotes.map(({ receiver }) => receiver)).to.deep.equal(soaking)
  })

  it('that claims a soak that it did not draw, has no vote', () => {
    expect(lie(drewNone)).to.include({ counted: 'ignored', why: 'the vote claims a soak, and its schedule drew none' })
  })

  it('that leaves out a soak that it drew, has no vote', () => {
    expect(lie(drew)).to.include({ counted: 'ignored', why: 'the vote claims no soak, and its schedule drew one' })
  })

  it('that grinds, finds nothing to choose: one key has one schedule for an epoch, in one encoding', async () => {
    const receiver = drewNone
    const votes = votesOf(network, receiver)
    const faultOf = (schedule: Uint8Array, cast = votes) =>
      ballotFault({ ...CHECKS, network: NETWORK }, facts, ballotOf(network, receiver, cast, schedule))
    const mine = scheduleOf(receiver)
    expect(await faultOf(mine)).to.equal(undefined)
    const others = {
      'another receiver': scheduleOf(drew),
      'another epoch': scheduleOf(receiver, { ...facts, epoch: facts.epoch + 1 }),
      'another beacon': scheduleOf(receiver, { ...facts, beacon: keccakText('another') }),
      negated: mine.with(0, mine[0]! ^ 0x20),
      'without its flags': mine.with(0, mine[0]! & 0x1f),
      'a coordinate beyond the modulus': beyondModulus(mine),
    }
    for (const [what, schedule] of Object.entries(others)) {
      expect(await faultOf(schedule), what).to.equal('wrong schedule signature')
      const moved = votes.map(cast => ({ ...cast, scheduleProof: providerSchedule(schedule, cast.provider) }))
      expect(await faultOf(mine, moved), what).to.equal('a wrong schedule proof')
    }
    // The library reads the long form of a point too. A ballot that holds it is none.
    const long = bls.Signature.fromBytes(mine).toBytes(PointFormat.uncompressed)
    expect(() => Ballot.decode(Ballot.encode(ballotOf(network, receiver, votes, long)))).to.throw(MessageError)
  })
})

/** The same point, if a reader takes coordinates modulo the field's prime. */
function beyondModulus(compressed: Uint8Array): Uint8Array {
  const lower = BigInt(toHex(compressed.subarray(48))) + bls12_381.fields.Fp.ORDER
  return Uint8Array.of(...compressed.subarray(0, 48), ...fromHex(`0x${lower.toString(16).padStart(96, '0')}`))
}

function votesOf({ draws, facts }: ReturnType<typeof networkOf>, of: number): Vote[] {
  return draws
    .filter(({ receiver }) => receiver === of)
    .map(({ receiver, provider, scheduleProof, soak }) =>
      vote(receiver, OUTCOME.verified, CLAIM_KBPS, { epoch: facts.epoch, provider, scheduleProof, soak }),
    )
}

function ballotOf(
  { facts, signers, scheduleOf }: ReturnType<typeof networkOf>,
  verifier: number,
  cast: readonly Vote[],
  schedule = scheduleOf(verifier),
): Ballot {
  const votes = inBallotOrder(cast.map(encodeVote))
  const { root } = new MerkleTree(votes)
  const signature = signers.get(verifier)!.sign(ballotDigest(NETWORK, facts, verifier, root))
  return { epoch: facts.epoch, verifier, root: fromHex(root), signature, schedule, votes }
}
