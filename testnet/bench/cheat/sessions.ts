/** Real sessions, and the samples that the simulated windows draw from. */

import { type ForwardingSpec, limited } from '../../../probe/index.js'
import type { AtLeastReason, NoDataReason, Outcome } from '../../../probe/verdict/outcome.js'
import { DEVNET } from '../../../proto/params.js'
import { SESSIONS_A_FRIEND } from '../../profiles/cheats/favours.js'
import type { Sample } from '../../sim/sample.js'
import { faultsOf, PLOTS } from './accomplices.js'
import { FAULTS, type Fault, type FaultName, SOAK_FAULTS } from './faults.js'
import type { LendingOptions } from './lending.js'
import { Rig, type RigOptions } from './rig.js'
import type { RoughPathOptions } from './rough-path.js'

/** The poor path on which an honest provider must not be blamed. */
export const ROUGH = { linkShare: 1 / 0.7, crossShare: 0.3, lossShare: 0.01, rttMs: 150 } as const

/** @param linkShare the link's rate as a multiple of the claim */
export const roughPath = (claimKbps: number, linkShare: number, seed: number): ForwardingSpec => ({
  module: new URL('./rough-path.js', import.meta.url).href,
  options: {
    linkKbps: claimKbps * linkShare,
    crossShare: ROUGH.crossShare,
    lossShare: ROUGH.lossShare,
    delayMs: ROUGH.rttMs / 2,
    seed,
  } satisfies RoughPathOptions,
})

/** The delivered share of a provider on a rough path: the part of its link that other users and loss leave. */
export const roughShare = (linkShare: number): number => linkShare * (1 - ROUGH.crossShare) * (1 - ROUGH.lossShare)

export async function sample(count: number, deliveredShare: number, options: RigOptions): Promise<Sample> {
  const sessions = new Sessions()
  const outcomes = await withRig(options, rig => sessions.several(count, () => rig.measure()))
  return { outcomes, soaks: [], repeated: sessions.repeated, deliveredShare }
}

/** One ordinary session and one soak, each of a provider that has just started, with a full bucket. */
export async function sampleFresh(deliveredShare: number, options: RigOptions): Promise<Sample> {
  const sessions = new Sessions()
  const outcome = await sessions.one(() => withRig(options, rig => rig.measure()))
  const soak = await sessions.one(() => withRig(options, rig => rig.measure([], DEVNET.soakMs)))
  return { outcomes: [outcome], soaks: [soak], repeated: sessions.repeated, deliveredShare }
}

const lending = (options: LendingOptions): ForwardingSpec => ({
  module: new URL('./lending.js', import.meta.url).href,
  options,
})

/** The most senders that lend in a session. More than f' of them decide the session, however many they are. */
const MOST_LENDERS = 2

/**
 * A provider that delivers a part of its claim: sessions and soaks in which none, one and two of the senders lend. A single
 * lender lends in its own turn first, and then in another sender's turn.
 */
export async function sampleLent(count: number, deliveredShare: number, { claimKbps }: RigOptions): Promise<Sample> {
  const sessions = new Sessions()
  const outcomes: Outcome[][] = []
  const soaks: Outcome[][] = []
  for (let j = 0; j <= MOST_LENDERS; j++) {
    const lenders = [2, 1].slice(0, j)
    const forwarding = lending({ linkKbps: deliveredShare * claimKbps, lenders })
    const ways: (Fault | undefined)[] = j === 1 ? [undefined, SOAK_FAULTS.crowding] : [undefined]
    await withRig({ claimKbps, forwarding }, async rig => {
      outcomes.push(await sessions.several(count, () => rig.measure()))
      soaks.push([])
      for (const way of ways)
        soaks[j]!.push(await sessions.one(() => rig.measure([undefined, undefined, way], DEVNET.soakMs)))
    })
  }
  const honest = { outcomes: outcomes[0]!, soaks: [...soaks[0]!, ...soaks[1]!] }
  return { ...honest, lent: { outcomes, soaks }, repeated: sessions.repeated, deliveredShare }
}

/**
 * The senders and the receiver run in this process, and are honest. An outcome that blames them or their links for a low
 * reading means that the machine was busy with other work.
 */
class Sessions {
  repeated = 0

  async one(measure: () => Promise<Outcome>): Promise<Outcome> {
    for (let tries = 1; ; tries++) {
      const outcome = await measure()
      if (tries === MOST_TRIES || !('reason' in outcome) || !STARVED.has(outcome.reason)) return outcome
      this.repeated++
    }
  }

  async several(count: number, measure: () => Promise<Outcome>): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    while (outcomes.length < count) outcomes.push(await this.one(measure))
    return outcomes
  }
}

const MOST_TRIES = 5
const STARVED: ReadonlySet<string> = new Set<AtLeastReason | NoDataReason>([
  'sender-limited',
  'path-limited',
  'senders-missing',
  'receiver-fault',
])

/** Leaves out the sessions of the provider's friend: that receiver colludes, and votes as it likes. */
export async function sampleOthers(count: number, deliveredShare: number, options: RigOptions): Promise<Sample> {
  const sessions = new Sessions()
  let held = 0
  const outcomes = await withRig(options, rig =>
    sessions.several(count, async () => {
      if (held++ % SESSIONS_A_FRIEND === 0) {
        await rig.measure()
        held++
      }
      return rig.measure()
    }),
  )
  return { outcomes, soaks: [], repeated: sessions.repeated, deliveredShare }
}

/** Two providers at once, each with a receiver and senders of its own. */
export async function sampleTogether(
  count: number,
  deliveredShare: number,
  each: readonly [RigOptions, RigOptions],
): Promise<Sample> {
  const outcomes: Outcome[] = []
  await withRig(each[0], one =>
    withRig(each[1], async other => {
      while (outcomes.length < count) outcomes.push(...(await Promise.all([one.measure(), other.measure()])))
    }),
  )
  return { outcomes, soaks: [], repeated: 0, deliveredShare }
}

async function withRig<T>(options: RigOptions, use: (rig: Rig) => Promise<T>): Promise<T> {
  const rig = await Rig.open(options)
  try {
    return await use(rig)
  } finally {
    await rig.close()
  }
}

/** A provider that delivers 60 %, with one accomplice among the senders, and the outcome of the session. */
export interface Conspiracy {
  readonly what: string
  readonly maySpoil: boolean
  readonly outcome: Outcome
}

export async function conspiracies(claimKbps: number): Promise<Conspiracy[]> {
  const results: Conspiracy[] = []
  const sessions = new Sessions()
  for (const plot of PLOTS) {
    const outcome = await withRig({ claimKbps, forwarding: plot.forwarding(claimKbps) }, rig =>
      sessions.one(() => rig.measure(faultsOf(plot))),
    )
    results.push({ what: plot.what, maySpoil: plot.maySpoil, outcome })
  }
  return results
}

/** A fault of somebody other than the honest provider, and the outcome of the session. */
export interface Innocence {
  readonly fault: FaultName | 'receiver'
  /** the session was a soak, of a provider whose link is as wide as the rules demand */
  readonly soak: boolean
  readonly outcome: Outcome
}

/** An honest provider, each time with one fault that is not its own. */
export async function innocent(claimKbps: number): Promise<Innocence[]> {
  const faulty = await withRig({ claimKbps }, async rig => {
    const results: Innocence[] = []
    for (const fault of Object.keys(FAULTS) as (keyof typeof FAULTS)[]) {
      results.push({ fault, soak: false, outcome: await rig.measure([undefined, FAULTS[fault]]) })
    }
    return results
  })
  const narrow = await withRig({ claimKbps, receiverKbps: claimKbps / 2 }, rig => rig.measure())
  const link = { claimKbps, forwarding: limited(ROUGH.linkShare * claimKbps) }
  const soaks = await withRig(link, async rig => {
    const results: Innocence[] = []
    for (const fault of Object.keys(SOAK_FAULTS) as (keyof typeof SOAK_FAULTS)[]) {
      const outcome = await rig.measure([undefined, SOAK_FAULTS[fault]], DEVNET.soakMs)
      results.push({ fault, soak: true, outcome })
    }
    return results
  })
  return [...faulty, { fault: 'receiver', soak: false, outcome: narrow }, ...soaks]
}
