/** Chooses the next exit. One that failed waits until the others have failed as often: offers cost little, and may lead nowhere. */
import type { Hex } from '../../proto/hex.js'
import type { UserError } from '../../verifier/config/errors.js'
import { UNSUITABLE, type Wishes } from '../core/candidates.js'
import type { ChannelOffice } from './channel-office.js'
import type { OfferingExit } from './market-view.js'
import { nobodySuits } from './nobody-suits.js'

export interface ExitDrawModules {
  readonly office: Pick<ChannelOffice, 'canPay' | 'nothingLeft'>
  /** of the newest view of the market */
  readonly exits: () => readonly OfferingExit[]
  readonly wishes: () => Wishes
}

export class ExitDraw {
  readonly #modules: ExitDrawModules
  /** how often each failed since it last served */
  readonly #failures = new Map<Hex, number>()

  constructor(modules: ExitDrawModules) {
    this.#modules = modules
  }

  /** It could not be used, or its tunnel ended. */
  failed(account: Hex): void {
    this.#failures.set(account, this.#failuresOf(account) + 1)
  }

  served(account: Hex): void {
    this.#failures.delete(account)
  }

  /** @param tried in this round. @returns undefined if none is left. @throws UserError 'nobody-suits' if none suits, or can be paid */
  next(tried: ReadonlySet<Hex>): OfferingExit | undefined {
    const { office, exits, wishes } = this.#modules
    const suiting = exits().filter(exit => whyUnfit(exit, wishes()) === undefined)
    if (suiting.length === 0) throw whyNone(exits(), wishes())
    const payable = suiting.filter(({ account }) => office.canPay(account, 'exit'))
    if (payable.length === 0 && tried.size === 0) throw office.nothingLeft
    return payable
      .filter(({ account }) => !tried.has(account))
      .toSorted((a, b) => this.#failuresOf(a.account) - this.#failuresOf(b.account) || (a.price < b.price ? -1 : 1))[0]
  }

  #failuresOf(account: Hex): number {
    return this.#failures.get(account) ?? 0
  }
}

function whyUnfit({ price, region }: OfferingExit, { maxPrice, regions }: Wishes): string | undefined {
  if (price > maxPrice) return UNSUITABLE.dear
  return regions === undefined || regions.includes(region) ? undefined : UNSUITABLE.region
}

function whyNone(exits: readonly OfferingExit[], wishes: Wishes): UserError {
  if (exits.length === 0) return nobodySuits('nobody offers an exit')
  const reasons = new Set(exits.map(exit => whyUnfit(exit, wishes)))
  return nobodySuits(`none of ${exits.length} exits suits: ${[...reasons].join('; ')}`)
}
