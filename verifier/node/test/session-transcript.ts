/** One session over real UDP, its transcript as a verifier keeps it, and what the chain says of those who took part. */
import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { NETWORK, Network, type Peer } from '../../../probe/test/harness.js'
import { sessionIdOf } from '../../../proto/digests.js'
import { keccakText } from '../../../proto/hash.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import type { Transcript } from '../../../proto/messages.js'
import { DEVNET } from '../../../proto/params.js'
import { encodeVote } from '../../../proto/vote.js'
import { accountOf } from '../../chain/account.js'
import { voucherSigner, voucherVerifier } from '../../chain/vouchers.js'
import { assign } from '../../core/assignment.js'
import type { ChainFacts } from '../../core/facts.js'
import type { Announcement } from '../../core/ports.js'
import { makeVote } from '../../core/vote.js'
import { peerIdOf, peerSigner, peerVerifier } from '../../net/peer-keys.js'
import type { Registry } from '../registry-checks.js'

export const CLAIM_KBPS = 10_000

interface Member extends Peer {
  readonly peerId: string
  readonly account: Hex
}

export interface SessionTranscript {
  readonly transcript: Transcript
  readonly registry: Registry
  readonly facts: ChainFacts
  readonly announced: readonly Announcement[]
}

async function member(): Promise<Member> {
  const [seed, secret] = [randomBytes(32), toHex(randomBytes(32))]
  const [peerId, account] = [await peerIdOf(seed), accountOf(secret)]
  return {
    ...{ peerId, account, signer: await peerSigner(seed), verifier: peerVerifier(peerId) },
    voucherSigner: voucherSigner(NETWORK, secret),
    vouchers: voucherVerifier(NETWORK, account),
  }
}

/** Of a provider that delivers half of its claim. */
export async function transcriptOfSession(): Promise<SessionTranscript> {
  const [provider, receiver, ...senders] = await Promise.all(Array.from({ length: 5 }, member))
  const network = await Network.open({
    claimKbps: CLAIM_KBPS,
    limitKbps: CLAIM_KBPS / 2,
    peers: { provider: provider!, receiver: receiver!, senders },
    account: provider!.account,
  })
  try {
    const { parties } = network
    const verifiers = new Map(parties.senders.map((index, slot) => [index, senders[slot]!]))
    verifiers.set(parties.receiver, receiver!)
    const facts = factsOf(parties, verifiers)
    const { epoch, era, beacon } = facts
    const nonce = toHex(randomBytes(32))
    const result = await network.measure([], sessionIdOf(NETWORK, { era, epoch }, beacon, parties, nonce), nonce)
    expect(result.outcome.kind, network.notes.join()).to.equal('under')
    const vote = makeVote({
      ...{ epoch, provider: parties.provider, receiver: parties.receiver, result },
      ...{ ticksSent: 0b111n, ticksAnswered: 0b101n, scheduleProof: keccakText('schedule'), soak: false },
    })
    const transcript = {
      ...{ chainId: String(NETWORK.chainId), contract: fromHex(NETWORK.contract), era, beacon: fromHex(beacon) },
      ...{ providerPeer: provider!.peerId, receiverPeer: receiver!.peerId },
      senderPeers: senders.map(({ peerId }) => peerId),
      receiverAccount: fromHex(receiver!.account),
      session: result.record,
      vote: encodeVote(vote),
    }
    const announced: Announcement[] = [
      ...[...verifiers].map(([index, { account, peerId }]) => ({
        ...{ role: 'verifier' as const, index, account, peerId, multiaddrs: [] },
      })),
      { role: 'provider', index: 0, account: provider!.account, peerId: provider!.peerId, multiaddrs: [] },
    ]
    const registry: Registry = {
      network: NETWORK,
      factsAt: async asked => (asked === epoch ? facts : undefined),
      announcedIn: async asked => (asked === epoch ? announced : []),
    }
    return { transcript, registry, facts, announced }
  } finally {
    await network.close()
  }
}

/** With a beacon that assigns just these senders, in their order, to the receiver. */
function factsOf(
  { epoch, provider, receiver, senders }: Network['parties'],
  members: ReadonlyMap<number, Member>,
): ChainFacts {
  for (let i = 0; ; i++) {
    const facts: ChainFacts = {
      ...{ era: 1, epoch, blockNumber: 10, blockHash: keccakText('B(1)'), beacon: keccakText(`beacon ${i}`) },
      verifiers: [...members]
        .map(([index, { account }]) => ({ index, account, blsKey: ZERO_HASH, capacityKbps: 1_000_000 }))
        .sort((a, b) => a.index - b.index),
      providers: [
        { index: 0, account: provider, claimKbps: CLAIM_KBPS, region: ZERO_HASH, link: ZERO_HASH, stake: 1n },
      ],
    }
    const session = assign(facts, DEVNET).sessions.find(one => one.receiver === receiver)
    if (session?.senders.join() === senders.join()) return facts
  }
}
