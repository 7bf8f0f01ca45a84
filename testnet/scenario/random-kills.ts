/** Scenarios of `kill -9` at random moments of random processes, chain among them. Pure: the seed decides everything. */
import type { z } from 'zod'
import type { scenarioSchema } from './scenario.js'

/** Numbers in [0, 1) */
type Random = () => number
/** as in a file */
type ScenarioText = z.input<typeof scenarioSchema>
type FaultText = NonNullable<ScenarioText['faults']>[number]

const VERIFIERS = 5
const PROVIDERS = 2
/** The first of these epochs has the kills. The others are quiet, so that it shows who came back. */
const CYCLE_EPOCHS = 4
const FIRST_EPOCH = 2
const KILLS_A_CYCLE = 14
/** How long the chain's process is gone, in epochs. */
const CHAIN_GONE = { shortest: 0.05, longest: 0.2 } as const

/** @param kills at most as many as asked for: the last cycle may be short */
export function randomKills(kills: number, random: Random): ScenarioText {
  const cycles = Math.ceil(kills / KILLS_A_CYCLE)
  const bursts = Array.from({ length: cycles }, (_, i) => FIRST_EPOCH + i * CYCLE_EPOCHS)
  return {
    title: `${kills} processes are killed at random moments`,
    about: 'Each comes back by itself, nothing that was signed, posted or stored is lost, and nothing is signed twice.',
    verifiers: VERIFIERS,
    providers: PROVIDERS,
    epochs: CYCLE_EPOCHS * cycles,
    faults: bursts.flatMap((epoch, i) => burst(epoch, Math.min(KILLS_A_CYCLE, kills - i * KILLS_A_CYCLE), random)),
    // The agreement about the epoch before falls into the burst. Who comes back does not sign what began before.
    expect: { reports: { but: bursts.flatMap(epoch => [epoch - 1, epoch, epoch + 1]) } },
  }
}

/** The chain dies once at most: it takes its time to come back. */
function burst(epoch: number, kills: number, random: Random): FaultText[] {
  const nodes = [...names('verifier', VERIFIERS), ...names('provider', PROVIDERS)]
  const victims = Array.from({ length: kills }, () => nodes[Math.floor(random() * (nodes.length + 1))])
  const chainAt = victims.indexOf(undefined)
  return victims.map((node, i) => {
    const from = rounded(epoch + random())
    if (i === chainAt) return { chain: 'killed', from, to: rounded(from + goneFor(random)) }
    return { kill: node ?? nodes[i % nodes.length]!, from }
  })
}

const names = (role: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${role}-${i + 1}`)
const goneFor = (random: Random): number => CHAIN_GONE.shortest + random() * (CHAIN_GONE.longest - CHAIN_GONE.shortest)
/** So that a scenario can be read. Down, so that it stays in its epoch. */
const rounded = (epoch: number): number => Math.floor(epoch * 1000) / 1000
