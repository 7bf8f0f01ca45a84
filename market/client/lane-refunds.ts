/** What comes back of lanes that are over: slots that were not paid, of which the payee keeps a tenth. */
import type { Hex } from '../../proto/hex.js'
import { blockAt } from '../../verifier/chain/block-search.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import { type KnownLane, LaneLog } from '../../verifier/chain/lane-log.js'
import { type LaneTimes, readLaneTimes, refundCall } from '../../verifier/chain/lanes.js'
import { WALL_CLOCK, type WallClock } from '../../verifier/node/wall-clock.js'

export interface OwnLane extends KnownLane {
  /** of its first and after its last slot, unix seconds */
  readonly startsAt: number
  readonly endsAt: number
  /** when what nobody paid can be taken back, unix seconds */
  readonly refundableAt: number
}

export interface Refunds {
  /** lanes of which it came back */
  readonly taken: readonly Hex[]
  /** those of which it can come back later */
  readonly later: readonly OwnLane[]
  /** those whose transaction the chain did not take */
  readonly refused: readonly { readonly id: Hex; readonly reason: string }[]
}

export class LaneRefunds {
  readonly #chain: EthersChain
  readonly #log: LaneLog
  readonly #wall: WallClock
  readonly #times: LaneTimes

  private constructor(chain: EthersChain, payer: Hex, wall: WallClock, times: LaneTimes) {
    this.#chain = chain
    this.#wall = wall
    this.#log = new LaneLog(chain.context, { payer })
    this.#times = times
  }

  /** @throws RpcFault */
  static async of(chain: EthersChain, payer: Hex, wall: WallClock = WALL_CLOCK): Promise<LaneRefunds> {
    return new LaneRefunds(chain, payer, wall, await readLaneTimes(chain.context))
  }

  /** Those of which something is unpaid, the oldest first. @throws RpcFault */
  async lanes(): Promise<OwnLane[]> {
    const { slotSeconds, graceSeconds } = this.#times
    return [...(await this.#log.lanes()).values()].map(known => {
      const { fromSlot, slots } = known.lane
      const endsAt = (fromSlot + slots) * slotSeconds
      return { ...known, startsAt: fromSlot * slotSeconds, endsAt, refundableAt: endsAt + graceSeconds }
    })
  }

  /** Takes back what can be. @throws RpcFault */
  async take(): Promise<Refunds> {
    const { context, sender } = this.#chain
    const refunds = { taken: [] as Hex[], later: [] as OwnLane[], refused: [] as Refunds['refused'][number][] }
    for (const own of await this.lanes()) {
      if (this.#wall.nowMs() < own.refundableAt * 1000) {
        refunds.later.push(own)
        continue
      }
      const { timestamp } = await blockAt(context.provider, 'latest')
      const result = await sender!.send(refundCall(context, own.lane))
      if (result.kind !== 'rejected') refunds.taken.push(own.id)
      else if (timestamp < own.refundableAt)
        refunds.later.push(own) // the chain's clock is a little behind
      else refunds.refused.push({ id: own.id, reason: result.reason })
    }
    return refunds
  }
}
