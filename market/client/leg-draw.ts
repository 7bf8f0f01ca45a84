/** Draws the provider of the next leg. A provider that failed is left alone for a while. */
import type { MonotonicClock, RandomSource } from '../../probe/ports.js'
import type { NextHop } from '../../probe/verdict/session-shape.js'
import type { Hex } from '../../proto/hex.js'
import type { UserError } from '../../verifier/config/errors.js'
import { drawProvider, type Taken, UNSUITABLE, unsuitable, type Wishes } from '../core/candidates.js'
import type { ChannelOffice } from './channel-office.js'
import type { OfferingProvider } from './market-view.js'
import { nobodySuits } from './nobody-suits.js'

export interface LegDrawModules {
  readonly office: Pick<ChannelOffice, 'canPay' | 'nothingLeft'>
  /** the newest view of the market */
  readonly providers: () => readonly OfferingProvider[]
  readonly wishes: () => Wishes
  readonly exit: NextHop & { readonly account: Hex }
  /** whether a leg at a provider may begin now, apart from its price (default: always) */
  readonly may?: (account: Hex) => boolean
  readonly clock: MonotonicClock
  readonly random: RandomSource
}

/** Its leg failed. It may have been the path, so it is tried again. */
const AVOID_MS = 60_000
const RANDOM_BYTES = 6

export class LegDraw {
  readonly #modules: LegDrawModules
  /** until when a provider is left alone */
  readonly #avoided = new Map<Hex, number>()

  constructor(modules: LegDrawModules) {
    this.#modules = modules
  }

  avoid(account: Hex): void {
    this.#avoided.set(account, this.#modules.clock.now() + AVOID_MS)
  }

  /**
   * Whoever failed a moment ago is better than nobody.
   * @param used providers that have legs. @param again one of them, which may have another one if there is nobody else
   */
  next(used: readonly OfferingProvider[], again: OfferingProvider | undefined): OfferingProvider | undefined {
    const nowMs = this.#modules.clock.now()
    const avoided = [...this.#avoided].filter(([, untilMs]) => untilMs > nowMs).map(([account]) => account)
    const other = this.#drawn(used, avoided)
    if (other !== undefined) return other
    if (used.length === 0) return this.#drawn(used, [])
    const others = used.filter(({ account }) => account !== again?.account)
    return again && this.#drawn(others, avoided)
  }

  /** Why there is nobody. */
  whyNobody(): UserError {
    const { providers, wishes, exit, office } = this.#modules
    const all = providers().filter(({ account }) => account !== exit.account)
    if (all.length === 0) return nobodySuits('no provider but the exit offers to carry traffic of this class')
    const reasons = all.map(one => unsuitable(one, wishes()))
    const suiting = all.filter((_, i) => reasons[i] === undefined)
    if (suiting.length > 0 && suiting.every(({ account }) => !office.canPay(account, 'relay')))
      return office.nothingLeft
    const texts = new Set(reasons.map(why => (why === undefined ? "at the exit's address" : UNSUITABLE[why])))
    return nobodySuits(`none of ${all.length} providers suits: ${[...texts].join('; ')}`)
  }

  #drawn(used: readonly OfferingProvider[], avoided: readonly Hex[]): OfferingProvider | undefined {
    const { providers, wishes, exit, random, office, may = () => true } = this.#modules
    const taken: Taken = {
      accounts: new Set([exit.account, ...used.map(({ account }) => account), ...avoided]),
      hosts: [exit.host, ...used.flatMap(({ hosts }) => hosts)],
    }
    const drawn = Buffer.from(random.bytes(RANDOM_BYTES)).readUIntBE(0, RANDOM_BYTES) / 2 ** (8 * RANDOM_BYTES)
    const affordable = providers().filter(({ account }) => may(account) && office.canPay(account, 'relay'))
    return drawProvider(affordable, wishes(), taken, drawn)
  }
}
