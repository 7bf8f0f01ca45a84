/** Whole epochs in their real encodings, of votes and leaves as a network has them. What a hash stands for is random. */
import { createHash, randomBytes } from 'node:crypto'
import { encodeHeader, type Header } from '../../../proto/header.js'
import { type Hex, toHex, ZERO_HASH } from '../../../proto/hex.js'
import { LEAF_BYTES, type Leaf } from '../../../proto/leaf.js'
import {
  Ballot,
  type BallotHead,
  Certificate,
  Commit,
  GossipItem,
  MAX_GOSSIP_VOTES,
  Partial,
  Proposal,
  SeenListMessage,
} from '../../../proto/messages.js'
import type { OpenWindow } from '../../../proto/open-window.js'
import { faultsTolerated } from '../../../proto/quorum.js'
import type { SoakVote } from '../../../proto/soak-vote.js'
import { CAUSE, encodeVote, OUTCOME, VOTE_BYTES, type Vote } from '../../../proto/vote.js'
import { COUNTED, WindowVotes } from '../../../proto/window-votes.js'
import { type ChainFacts, NO_PAID_REPORT } from '../../../verifier/core/facts.js'
import type { Store, StoredReport } from '../../../verifier/store/store.js'

export interface Network {
  readonly verifiers: number
  readonly providers: number
  /** epochs over which the receivers of a provider are spread */
  readonly windowEpochs: number
}

/** What the epoch's messages and leaves are, without keys, copies and indices. */
export interface SignedBytes {
  readonly votes: number
  /** commitments, heads of ballots, seen lists, proposals, partial signatures and certificates */
  readonly messages: number
  readonly leaves: number
}

export const totalOf = ({ votes, messages, leaves }: SignedBytes): number => votes + messages + leaves

const NETWORK = { chainId: 31_337, contract: `0x${'11'.repeat(20)}` } as const
const CLAIM_KBPS = 25_000
const ETHER = 10n ** 18n

const quorum = (verifiers: number): number => 2 * faultsTolerated(verifiers) + 1
const hash = (): Hex => toHex(randomBytes(32))
const signature = (): Uint8Array => randomBytes(96)
/** The same at every call, so that another process goes on with the same network. */
const named = (name: string, bytes: number): Hex =>
  toHex(createHash('shake256', { outputLength: bytes }).update(name).digest())
const accountOf = (provider: number): Hex => named(`provider ${provider}`, 20)
const linkOf = (provider: number): Hex => named(`link ${provider}`, 32)

/** Position of the receivers whose session with a provider is due in an epoch. All others vote on their heartbeats alone. */
function dueOf({ verifiers, windowEpochs }: Network, provider: number, epoch: number): number[] {
  const turn = (epoch - 1) % windowEpochs
  return Array.from({ length: verifiers }, (_, v) => v).filter(v => (v + provider) % windowEpochs === turn)
}

const SILENT: Omit<Vote, 'epoch' | 'provider' | 'receiver' | 'scheduleProof'> = {
  ...{ outcome: OUTCOME.noData, rateKbps: 0, goodputKbps: 0, lossBps: 0, jitterUs: 0, offeredKbps: 0 },
  ...{
    controlLossBps: 0,
    controlDelayUs: 0,
    directKbps: 0,
    unverifiableSenders: 0,
    ticksSent: 63n,
    ticksAnswered: 63n,
  },
  ...{ sessionId: ZERO_HASH, chunkRoot: ZERO_HASH, keyCommitments: ZERO_HASH, receiptHead: ZERO_HASH, soak: false },
  ...{ delayUs: 0, link: ZERO_HASH, attempts: 0, cause: CAUSE.none, sessionPeers: ZERO_HASH, otherOutcome: 0 },
  ...{ otherKbps: 0, otherUnverifiable: 0, second: false },
}

/** What a session adds to a vote. */
const readingOn = (link: Hex) => ({
  ...{ outcome: OUTCOME.verified, rateKbps: 24_000, goodputKbps: 23_000, lossBps: 12, jitterUs: 740 },
  ...{ offeredKbps: 41_250, controlLossBps: 3, controlDelayUs: 420, directKbps: 41_000, sessionId: hash() },
  ...{ chunkRoot: hash(), keyCommitments: hash(), receiptHead: hash(), delayUs: 900, link, attempts: 1 },
  sessionPeers: hash(),
})

export class EpochWriter {
  readonly #facts: Pick<ChainFacts, 'verifiers' | 'providers'>
  readonly #soaks: readonly (readonly SoakVote[])[]
  /** by provider: what its window has gathered */
  readonly #windows: WindowVotes[]
  #previous: Hex = ZERO_HASH

  constructor(
    private readonly network: Network,
    private readonly store: Store,
  ) {
    const { verifiers, providers } = network
    this.#facts = {
      verifiers: Array.from({ length: verifiers }, (_, v) => ({
        ...{ index: v + 1, position: v, account: named(`verifier ${v}`, 20), blsKey: named(`key ${v}`, 128) },
        capacityKbps: 1_000_000,
      })),
      providers: Array.from({ length: providers }, (_, p) => ({
        ...{ index: p + 1, account: accountOf(p), claimKbps: CLAIM_KBPS, region: named('region', 32) },
        ...{ link: linkOf(p), stake: 1000n * ETHER, inWindow: true, active: true },
      })),
    }
    this.#soaks = Array.from({ length: providers }, () =>
      Array.from({ length: quorum(verifiers) }, (_, v) => ({ receiver: v + 1, epoch: v, rateKbps: CLAIM_KBPS - v })),
    )
    this.#windows = Array.from({ length: providers }, () => WindowVotes.NONE)
  }

  /** Writes an epoch as a verifier does: gossip as it comes, the report once it is computed and again when it is accepted. */
  async write(epoch: number): Promise<SignedBytes> {
    const { verifiers } = this.#facts
    const base = { era: 1, epoch, blockNumber: 100 + epoch, blockHash: named(`block ${epoch}`, 32) }
    const lists = { linkReport: { epoch: 0, headerHash: ZERO_HASH }, paidReport: NO_PAID_REPORT }
    await this.store.putFacts({
      ...{ ...base, ...lists, beacon: hash(), windowBeacon: hash(), rewardsFunded: ETHER * 10n ** 6n },
      ...this.#facts,
    })
    let [messages, votes] = [0, 0]
    const hear = async (kind: string, data: Uint8Array) => {
      messages += data.length
      await this.store.putGossip(epoch, GossipItem.encode({ kind, data }))
    }
    const ballots: BallotHead[] = []
    for (const { index } of verifiers) {
      await hear(
        'commit',
        Commit.encode({ epoch, verifier: index, commitment: randomBytes(32), signature: signature() }),
      )
      const cast = this.#votes(epoch, index)
      const head = { epoch, verifier: index, root: randomBytes(32), signature: signature(), schedule: signature() }
      if (cast.length > MAX_GOSSIP_VOTES || index === 1) await this.store.ballots.put(head, cast, index === 1)
      await hear('ballot', Ballot.encode({ ...head, votes: cast.length > MAX_GOSSIP_VOTES ? [] : cast }))
      if (cast.length <= MAX_GOSSIP_VOTES) messages -= cast.length * VOTE_BYTES // they are counted as votes
      votes += cast.length * VOTE_BYTES
      ballots.push(head)
    }
    const entries = ballots.map(({ verifier, root }) => ({ verifier, root }))
    const seen = verifiers.map(({ index }) => ({ epoch, verifier: index, entries, signature: signature() }))
    for (const list of seen) await hear('seen', SeenListMessage.encode(list))
    const report = this.#report(base, entries)
    const header = encodeHeader(report.header)
    const proposal = { epoch, round: 0, leader: 1, header, signature: signature() }
    await hear('proposal', Proposal.encode({ ...proposal, lists: seen.slice(0, quorum(verifiers.length)) }))
    await this.store.putReport(report)
    for (const { index } of verifiers) {
      const partial = { epoch, round: 0, headerHash: randomBytes(32), verifier: index, signature: signature() }
      await hear('partial', Partial.encode(partial))
    }
    await hear('certificate', Certificate.encode({ epoch, round: 0, header, nonSigners: [], signature: signature() }))
    const { headerHash } = report
    const posting = { round: 0, nonSigners: [], txHash: hash(), blockNumber: base.blockNumber + 2, gasUsed: 255_819 }
    await this.store.putReport({ ...report, posted: { header: report.header, headerHash, ...posting } })
    for (const slot of ['schedule', 'ballot', 'commit', 'seen', 'report'])
      await this.store.recordSigned(`${slot}/${epoch}`, hash())
    await this.store.chainLog.changeLog(
      {
        put: [{ kind: 'posted', block: posting.blockNumber, logIndex: 0, epoch, headerHash, txHash: posting.txHash }],
        drop: [],
      },
      { network: NETWORK, checkpoints: [{ number: posting.blockNumber, hash: hash() }] },
    )
    this.#previous = headerHash
    return { votes, messages, leaves: LEAF_BYTES * report.leaves.length }
  }

  /** One on every provider. */
  #votes(epoch: number, receiver: number): Uint8Array[] {
    return this.#facts.providers
      .map(({ account, link }, p) => {
        const isDue = dueOf(this.network, p, epoch).includes(receiver - 1)
        return { ...SILENT, epoch, provider: account, receiver, scheduleProof: hash(), ...(isDue && readingOn(link)) }
      })
      .sort((a, b) => (a.provider < b.provider ? -1 : 1))
      .map(encodeVote)
  }

  #report(base: Pick<Header, 'era' | 'epoch' | 'blockNumber' | 'blockHash'>, entries: SeenEntries) {
    const { epoch } = base
    const { windowEpochs } = this.network
    const isEnd = epoch % windowEpochs === 0
    const windows = new Map<Hex, OpenWindow>()
    const leaves = this.#facts.providers.map(({ index, account, link }, p) => {
      const window = this.#window(p, epoch)
      if (!isEnd) windows.set(account, window)
      else this.#windows[p] = WindowVotes.NONE
      return leafOf(epoch, index, account, link)
    })
    const accounts = [...this.#facts.providers, ...this.#facts.verifiers].map(({ account }) => account).toSorted()
    const header = {
      ...{ ...base, previousHeader: this.#previous, scoreRoot: hash(), ballotSetRoot: hash(), rewardsRoot: hash() },
      ...{ providerCount: leaves.length, commonFailure: false },
    }
    const report: StoredReport = {
      ...{ header, headerHash: hash(), leaves, windows, isWrong: false, posted: undefined },
      soakVotes: new Map(this.#facts.providers.map(({ account }, p) => [account, this.#soaks[p]!])),
      ballots: entries.map(({ verifier, root }) => ({ verifier, root: toHex(root) })),
      rewards: accounts.map((account, i) => ({ account, cumulative: BigInt(epoch) * ETHER + BigInt(i) })),
    }
    return report
  }

  #window(provider: number, epoch: number): OpenWindow {
    const more = dueOf(this.network, provider, epoch).map(v => ({
      ...{ receiver: v + 1, epoch, counted: COUNTED.rate, rateKbps: 24_000 + v, serving: true, noPath: false },
      ...{ link: linkOf(provider), beside: false, lowerKbps: 23_900 + v, soak: false },
    }))
    const votes = this.#windows[provider]!.with(more)
    this.#windows[provider] = votes
    const first = epoch - ((epoch - 1) % this.network.windowEpochs)
    const ticks = 6 * (epoch - first + 1)
    return {
      ...{ first, assigned: this.network.verifiers, claimKbps: CLAIM_KBPS, ticksUp: ticks, ticksTotal: ticks },
      votes,
    }
  }
}

type SeenEntries = readonly { readonly verifier: number; readonly root: Uint8Array }[]

const leafOf = (epoch: number, index: number, provider: Hex, link: Hex): Leaf => ({
  ...{ epoch, index, provider, status: 1, uptimeBps: 9912, rateKbps: 24_000, claimKbps: CLAIM_KBPS, scoreBps: 9515 },
  ...{
    tier: 2,
    throughputQ32: 4_123_168_604,
    throughputSumQ32: 41_231_686_040 + index,
    throughputWeightQ32: 42_949_672_960,
  },
  ...{ ticksUpQ16: 65_536 * 700 + epoch, ticksTotalQ16: 65_536 * 702 + epoch, pathlessQ2: 0 },
  ...{ soakVotes: hash(), windowVotes: hash(), link, breachBits: 0 },
  ...{ breachPenaltyBps: 0, assignedRoot: named(`assigned ${provider}`, 32), penaltyBps: 0 },
})
