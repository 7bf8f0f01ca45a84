/**
 * What reports say of providers, with no trust in whoever tells it. The chain says which report it accepted last. Verifiers
 * give the leaves under it, and those must have the root that the chain holds: else the next verifier is asked.
 */
import type { Logger } from 'pino'
import type { RandomSource } from '../../probe/ports.js'
import type { Hex } from '../../proto/hex.js'
import type { Leaf } from '../../proto/leaf.js'
import type { NetworkParams } from '../../proto/params.js'
import { PREMIUM_EPOCHS, type PremiumProof } from '../../verifier/chain/escrow.js'
import type { Chain, PostedReport } from '../../verifier/core/ports.js'
import { carryOverUnder, leafTree } from '../../verifier/core/scoring/report.js'
import { throwAwayNode } from '../../verifier/net/session-client.js'
import { WrongAnswer } from '../../verifier/net/sync.js'
import { askLeaves } from '../../verifier/node/asked-leaves.js'
import type { Directory } from '../../verifier/node/directory.js'
import { PeerRequests } from '../../verifier/node/peer-requests.js'
import type { Scores } from './market-view.js'

export interface ReportsModules {
  readonly chain: Pick<Chain, 'tip' | 'posted'>
  readonly params: Pick<NetworkParams, 'receivers'>
  readonly directory: Pick<Directory, 'refresh' | 'verifiers'>
  readonly random: RandomSource
  readonly stopping: AbortSignal
  readonly log: Logger
}

export class Reports {
  readonly #modules: ReportsModules
  #newest: { readonly posted: PostedReport; readonly leaves: readonly Leaf[] } | undefined
  #scores: Scores = new Map()
  /** of the last report that the chain has, whether or not its leaves have come */
  #lastEpoch = 0

  constructor(modules: ReportsModules) {
    this.#modules = modules
  }

  /** Of the newest report whose leaves have come; none before the first. */
  get scores(): Scores {
    return this.#scores
  }

  /** Undefined for an account that is in no late report. */
  proofOf(account: Hex): PremiumProof | undefined {
    if (this.#newest === undefined) return undefined
    const { posted, leaves } = this.#newest
    const place = leaves.findIndex(({ provider }) => provider === account)
    if (place < 0 || posted.header.epoch <= this.#lastEpoch - PREMIUM_EPOCHS) return undefined
    return { header: posted.header, leaf: leaves[place]!, proof: leafTree(leaves).proof(place) }
  }

  /** Fetches the newest report, if there is a newer one. @throws RpcFault; Error if no verifier gives its leaves */
  async look(): Promise<void> {
    const { chain } = this.#modules
    const { epoch, headerHash } = await chain.tip()
    this.#lastEpoch = epoch
    if (epoch === 0 || headerHash === this.#newest?.posted.headerHash) return
    const posted = await chain.posted(epoch)
    if (posted === undefined) return // a reorganisation took it back
    const leaves = await this.#fetch(posted)
    this.#newest = { posted, leaves }
    this.#scores = new Map(leaves.map(({ provider, scoreBps, tier }) => [provider, { scoreBps, tier }]))
  }

  /** From a key of its own, as all that this client asks of others. */
  async #fetch(posted: PostedReport): Promise<readonly Leaf[]> {
    const { params, directory, random, stopping, log } = this.#modules
    await directory.refresh()
    const peer = await throwAwayNode()
    try {
      const offences = {
        report: (peerId: string, offence: string) =>
          log.warn({ peer: peerId, offence }, 'refused what a verifier gave'),
      }
      const fail = (cause: Error) => {
        throw cause // there is no store that could fail
      }
      const requests = new PeerRequests({ self: undefined, peer, random, stopping, log, offences, fail }, directory)
      const carryOver = await askLeaves(requests, params, posted, encoded => {
        const under = carryOverUnder(posted.header.scoreRoot, encoded)
        if (under === undefined) throw new WrongAnswer('leaves with another root than the chain holds')
        return under
      })
      return carryOver.leaves
    } finally {
      await peer.stop()
    }
  }
}
