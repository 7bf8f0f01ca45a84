/** One session over real UDP, its transcript as a verifier keeps it, and what a chain says of those who took part. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { NETWORK, Network, type Peer } from '../../../probe/test/harness.js'
import { type NetworkId, sessionIdOf } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import type { Transcript } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { encodeVote } from '../../../proto/vote.js'
import { accountOf } from '../../chain/account.js'
import { AnswerVerifiers, answerSigner } from '../../chain/answers.js'
import { voucherSigner, voucherVerifier } from '../../chain/vouchers.js'
import { assign } from '../../core/assignment/assign.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../core/facts.js'
import type { Announcement } from '../../core/ports.js'
import { makeVote } from '../../core/scoring/vote.js'
import { peerIdOf, peerSigner, peerVerifier } from '../../net/peer-keys.js'
import type { Registry } from '../registry-checks.js'

export const CLAIM_KBPS = 10_000

/** One who takes part, with its keys. */
export interface Member extends Peer {
  readonly peerId: string
  readonly account: Hex
}

/** Who could take part, and what the chain says of them. */
export interface Members {
  readonly network: NetworkId
  readonly facts: ChainFacts
  readonly provider: Member
  /** by registry index */
  readonly verifiers: ReadonlyMap<number, Member>
}

/** @param seed of the peer's key @param secret of the account's */
export async function memberOf(network: NetworkId, seed: Uint8Array, secret: Hex): Promise<Member> {
  const [peerId, account] = [await peerIdOf(seed), accountOf(secret)]
  return {
    ...{ peerId, account, signer: await peerSigner(seed), verifier: peerVerifier(peerId) },
    voucherSigner: voucherSigner(network, secret),
    vouchers: voucherVerifier(network, account),
    answerSigner: answerSigner(network, secret),
    answers: new AnswerVerifiers(network).of(account),
  }
}

/** One provider and four verifiers that no chain knows. */
export async function freshMembers(): Promise<Members> {
  const fresh = () => memberOf(NETWORK, randomBytes(32), toHex(randomBytes(32)))
  const provider = await fresh()
  const verifiers = new Map(await Promise.all([1, 2, 3, 9].map(async index => [index, await fresh()] as const)))
  const facts: ChainFacts = {
    ...{ era: 1, epoch: 1, blockNumber: 10, blockHash: keccakText('B(1)'), beacon: keccakText('beacon') },
    ...{ windowBeacon: keccakText('beacon'), linkReport: { epoch: 0, headerHash: ZERO_HASH } },
    ...{ paidReport: NO_PAID_REPORT, rewardsFunded: 0n },
    verifiers: [...verifiers].map(([index, { account }]) => ({
      ...{ index, position: index, account, blsKey: ZERO_HASH, capacityKbps: 1_000_000 },
    })),
    providers: [
      {
        ...{ index: 0, account: provider.account, claimKbps: CLAIM_KBPS },
        region: ZERO_HASH,
        ...{ link: ZERO_HASH, inWindow: true, active: true },
        stake: 1n,
      },
    ],
  }
  return { network: NETWORK, facts, provider, verifiers }
}

/** Of a session that was assigned, with a provider that delivers half of its claim. */
export async function transcriptOfSession({ network: id, facts, provider, verifiers }: Members): Promise<Transcript> {
  const { epoch, era, beacon } = facts
  const { receiver, senders } = assign(facts, DEVNET).sessions.find(session => session.provider === provider.account)!
  const parties = { epoch, provider: provider.account, receiver, senders }
  const claimKbps = facts.providers.find(({ account }) => account === provider.account)!.claimKbps
  const [receiving, sending] = [verifiers.get(receiver)!, senders.map(index => verifiers.get(index)!)]
  const peers = { provider, receiver: receiving, senders: sending }
  const network = await Network.open({ claimKbps, limitKbps: claimKbps / 2, peers, parties })
  try {
    const result = await network.measureAgain(
      ({ kind }) => kind !== 'under',
      () => {
        const nonce = toHex(randomBytes(32))
        return network.measure([], sessionIdOf(id, { era, epoch }, beacon, parties, nonce), nonce)
      },
    )
    expect(result.outcome.kind, network.notes.join()).to.equal('under')
    const vote = makeVote({
      ...{ epoch, provider: parties.provider, receiver, result, other: undefined, second: false },
      ...{ ticksSent: 0b111n, ticksAnswered: 0b101n, scheduleProof: keccakText('schedule'), soak: false },
    })
    return {
      ...{ chainId: String(id.chainId), contract: fromHex(id.contract), era, beacon: fromHex(beacon) },
      receiverPeer: receiving.peerId,
      senderPeers: sending.map(({ peerId }) => peerId),
      receiverAccount: fromHex(receiving.account),
      session: result.record,
      vote: encodeVote(vote),
    }
  } finally {
    await network.close()
  }
}

/** A chain that names all of them. */
export function registryOf({ network, facts, provider, verifiers }: Members): Registry {
  const announced: Announcement[] = [...verifiers].map(([index, { account, peerId }]) => ({
    ...{ role: 'verifier', index, account, peerId, multiaddrs: [] },
  }))
  announced.push({ role: 'provider', index: 0, account: provider.account, peerId: provider.peerId, multiaddrs: [] })
  return {
    network,
    factsAt: async epoch => (epoch === facts.epoch ? facts : undefined),
    announcedIn: async epoch => (epoch === facts.epoch ? announced : []),
  }
}
