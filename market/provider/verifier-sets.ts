/**
 * The verifiers that a provider issues tokens to: the frozen sets of the eras, under their announced peer ids. A next
 * era counts as soon as its set is known, so its verifiers have tokens when it begins. Tokens of the era before are
 * good for one more epoch.
 */
import { type EpochClock, epochAt, eraOf } from '../../proto/epoch.js'
import type { NetworkParams } from '../../proto/params.js'
import { tokenAllowance } from '../../verifier/core/assignment/token-need.js'
import type { Chain } from '../../verifier/core/ports.js'
import { hostOf } from '../../verifier/net/libp2p.js'
import type { Directory } from '../../verifier/node/directory.js'
import type { Entitlement } from './token-office.js'

/** A verifier cannot have a provider know any number of its friends' hosts. */
const MAX_HOSTS_OF_A_VERIFIER = 4

type SetsChain = Pick<Chain, 'clock' | 'frozenSet' | 'isSetKnown'>

export class VerifierSets {
  readonly #chain: SetsChain
  readonly #directory: Directory
  readonly #params: NetworkParams
  /** registry indices by era */
  #sets = new Map<number, ReadonlySet<number>>()
  /** the sets that were read after their era began; before, a late freeze may still change a set */
  #begun = new Map<number, ReadonlySet<number>>()

  constructor(chain: SetsChain, directory: Directory, params: NetworkParams) {
    this.#chain = chain
    this.#directory = directory
    this.#params = params
  }

  /** Reads the sets and the announcements anew. @returns the eras whose tokens are good, ascending */
  async refresh(nowMs: number): Promise<number[]> {
    const clock = await this.#chain.clock()
    if (clock === undefined) return []
    const epoch = epochAt(clock, nowMs)
    const eras = await this.#erasAt(clock, epoch)
    await this.#directory.refresh()
    const read = async (era: number) => {
      return this.#begun.get(era) ?? new Set((await this.#chain.frozenSet(era)).map(({ index }) => index))
    }
    this.#sets = new Map(await Promise.all(eras.map(async era => [era, await read(era)] as const)))
    this.#begun = new Map([...this.#sets].filter(([era]) => era <= eraOf(clock, epoch)))
    return eras
  }

  entitlementOf(peerId: string, era: number): Entitlement | undefined {
    const set = this.#sets.get(era)
    const verifier = this.#directory.verifiers().find(one => one.peerId === peerId && set?.has(one.index))
    if (set === undefined || verifier === undefined) return undefined
    return { holder: `verifier-${verifier.index}`, tokens: tokenAllowance(this.#params, set.size) }
  }

  /** The hosts that verifiers of these sets have announced. */
  hosts(): string[] {
    const members = new Set([...this.#sets.values()].flatMap(set => [...set]))
    const announced = this.#directory.verifiers().filter(({ index }) => members.has(index))
    return announced.flatMap(({ multiaddrs }) => {
      const hosts = multiaddrs.map(hostOf).filter(host => host !== undefined)
      return hosts.slice(0, MAX_HOSTS_OF_A_VERIFIER)
    })
  }

  async #erasAt(clock: EpochClock, epoch: number): Promise<number[]> {
    const begun = [eraOf(clock, epoch - 1), eraOf(clock, epoch)].filter(era => era >= 1)
    const next = eraOf(clock, epoch) + 1
    return [...new Set(begun), ...((await this.#chain.isSetKnown(next)) ? [next] : [])]
  }
}
