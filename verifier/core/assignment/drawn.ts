/** What the draws of a window give a provider, and which part of it is an epoch's. */
import type { NetworkParams } from '../../../proto/params.js'
import type { ActiveProvider } from '../facts.js'
import type { Waiting } from './fair-order.js'

/** A provider, and the receivers that measure it in the window and in this epoch. */
export class Drawn implements Waiting {
  /** the first of this epoch's groups */
  readonly #from: number
  readonly passes: number

  /**
   * @param receivers in the order of the draw
   * @param ofWindow the groups of the whole window; undefined if each receiver measures alone, as for most providers of a
   * large network
   * @param place of the epoch in its window
   */
  constructor(
    readonly provider: ActiveProvider,
    readonly receivers: readonly number[],
    readonly ofWindow: readonly (readonly number[])[] | undefined,
    place: number,
    params: Pick<NetworkParams, 'windowEpochs'>,
  ) {
    const [from, to] = sliceAt((ofWindow ?? receivers).length, place, params)
    this.#from = from
    this.passes = to - from
  }

  sizeOf(pass: number): number {
    if (pass >= this.passes) return 0
    return this.ofWindow === undefined ? 1 : this.ofWindow[this.#from + pass]!.length
  }

  groupOf(pass: number): readonly number[] {
    if (pass >= this.passes) return []
    const at = this.#from + pass
    return this.ofWindow === undefined ? [this.receivers[at]!] : this.ofWindow[at]!
  }

  /** The receivers that are in a group of this epoch, or alone in one. */
  get inGroups(): number[] {
    const to = this.#from + this.passes
    return this.ofWindow === undefined
      ? this.receivers.slice(this.#from, to)
      : this.ofWindow.slice(this.#from, to).flat()
  }

  /** The groups of this epoch that have several members. */
  get groups(): (readonly number[])[] {
    return this.ofWindow?.slice(this.#from, this.#from + this.passes).filter(group => group.length > 1) ?? []
  }
}

/**
 * The groups of a window are spread evenly over its epochs. Receivers without a group have no session in any of them, and
 * are due in the last. Everything that this follows from is fixed for the window, so no receiver is due twice.
 */
export function sliceAt(
  count: number,
  place: number,
  { windowEpochs }: Pick<NetworkParams, 'windowEpochs'>,
): [from: number, to: number] {
  return [Math.floor((place * count) / windowEpochs), Math.floor(((place + 1) * count) / windowEpochs)]
}
