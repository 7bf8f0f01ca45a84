/** The work of `bench strangers`: sessions without strangers, with them, and with them at a relay without classes. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from '../../../probe/index.js'
import { Crowd, loopbackHosts } from '../../strangers/crowd.js'
import type { CrowdReport } from '../../strangers/messages.js'
import { Openings, type OpeningsReport } from './openings.js'
import { MeasuredProvider } from './provider.js'
import type { Found } from './result.js'

export interface StrangersPlan {
  readonly claimKbps: number
  readonly keys: number
  readonly addresses: number
  /** in each of the first two parts */
  readonly sessions: number
  /** data that strangers send, as a multiple of the claim */
  readonly flood: number
}

/** About how long a session takes: all keys come while the sessions run. */
const SESSION_MS = 1500
const STREAMS = 4
/** Strangers' sessions that carry data when the verifiers' sessions begin, and how long these may take to open. */
const FLOODING = 8
const CROWD_MS = 40_000
/** In the part without classes, where each takes longer. */
const FEW_SESSIONS = 3

type Say = (line: string) => void

interface Attacked {
  readonly outcomes: Outcome[]
  readonly openings: OpeningsReport
  readonly crowd: CrowdReport
}

export async function runStrangers(plan: StrangersPlan, say: Say): Promise<Found> {
  const { claimKbps, keys, sessions } = plan
  const provider = await MeasuredProvider.open({ claimKbps, classes: true })
  try {
    const alone = await measured(provider, sessions, say)
    say('measured without strangers')
    const attacked = await underAttack(plan, provider, sessions, say)
    const { stats } = provider.relay
    say(`with strangers: relay ${JSON.stringify(stats)}`)
    const { evicted, denied, size } = provider.pool
    say(`connections: ${size} open, ${evicted} evicted, ${denied} denied before a handshake`)
    const withoutClasses = await atRelayWithoutClasses(plan)
    const { openings, crowd } = attacked
    return { claimKbps, keys, alone, attacked: attacked.outcomes, withoutClasses, openings, crowd }
  } finally {
    await provider.close()
  }
}

async function underAttack(
  plan: StrangersPlan,
  provider: MeasuredProvider,
  sessions: number,
  say: Say,
): Promise<Attacked> {
  const { claimKbps, keys, addresses, flood } = plan
  const hosts = loopbackHosts(addresses)
  const attack = { ...provider.target, claimKbps, floodKbps: flood * claimKbps, hosts, streams: STREAMS }
  const { stats } = provider.relay
  const floods = stats.granted + FLOODING
  const crowd = await Crowd.start(attack)
  // Afterwards the openings take all places of strangers, and no stranger would get to send anything.
  for (const endMs = performance.now() + CROWD_MS; stats.granted < floods && performance.now() < endMs; )
    await sleep(50)
  const openings = await Openings.start(provider.relay, { keys, hosts, ms: sessions * SESSION_MS })
  try {
    const outcomes = await measured(provider, sessions, say)
    return { outcomes, openings: await openings.end(), crowd: await crowd.stop() }
  } catch (error) {
    await Promise.allSettled([openings.end(), crowd.stop()])
    throw error
  }
}

async function atRelayWithoutClasses(plan: StrangersPlan): Promise<Outcome[]> {
  const provider = await MeasuredProvider.open({ claimKbps: plan.claimKbps, classes: false })
  try {
    return (await underAttack(plan, provider, FEW_SESSIONS, () => {})).outcomes
  } finally {
    await provider.close()
  }
}

async function measured(provider: MeasuredProvider, sessions: number, say: Say): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (let i = 0; i < sessions; i++) outcomes.push(await provider.measure(say))
  return outcomes
}
