/** How much flows: the tunnel over one leg and two, and the other programs over the same path. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Watchdog } from '../../process/watchdog.js'
import type { Seeded } from '../seeded.js'
import { monotonicMs } from './clock.js'
import { HOSTS, type Network } from './network.js'
import type { Parts } from './parts.js'
import { congestionCommand, type LoadOptions, type SocksProxy, startLoad } from './programs.js'
import type { RateRow } from './result.js'
import type { Span } from './role-messages.js'

export interface RateOptions {
  /** of each path; undefined for no limit */
  readonly pathKbps: number | undefined
  readonly lossPercent: number
  readonly seconds: number
}

/** Until QUIC and TCP have found their rates. */
const WARM_UP_MS = 4000
/** Where nothing limits the path, the relay must grant more than anybody carries. */
const NO_LIMIT_KBPS = 1_000_000
const AFTER_MS = 50

export async function tunnelRate(parts: Parts, legs: 1 | 2, options: RateOptions, random: Seeded): Promise<RateRow> {
  await parts.open('spread', legs, options.pathKbps ?? NO_LIMIT_KBPS, random.hex(16))
  const rateKbps = await rateOf(span => parts.look(span), options.seconds)
  const { wrongBytes, isSameHash } = await parts.finish()
  const what = legs === 1 ? 'one leg' : 'two legs'
  return { what, ...pathOf(options), congestion: undefined, rateKbps, wrongBytes: isSameHash ? wrongBytes : Number.NaN }
}

export interface Other {
  readonly what: 'shadowsocks' | 'ssh' | 'mptcp'
  readonly congestion: string
  /** undefined for a flow that needs no proxy */
  readonly start: ((network: Network, watchdog: Watchdog) => Promise<SocksProxy>) | undefined
}

export async function otherRate(
  { what, congestion, start }: Other,
  network: Network,
  watchdog: Watchdog,
  options: RateOptions,
): Promise<RateRow> {
  for (const end of [network.client, network.exit, network.relays[0]!]) await end.run(congestionCommand(congestion))
  const proxy = await start?.(network, watchdog)
  try {
    const kind = what === 'mptcp' ? 'mptcp' : 'tcp'
    const load: LoadOptions = { kind, host: HOSTS.exit(0), namespace: network.client, watchdog }
    const flow = await startLoad(proxy ? { ...load, socksPort: proxy.port } : load)
    try {
      const rateKbps = await rateOf(span => flow.look(span), options.seconds)
      return { what, ...pathOf(options), congestion, rateKbps, wrongBytes: await flow.finish() }
    } finally {
      await flow.close()
    }
  } finally {
    await proxy?.close()
  }
}

const pathOf = ({ pathKbps, lossPercent }: RateOptions) => ({ pathKbps, lossPercent })

async function rateOf(look: (span: Span) => Promise<{ readonly bytes: number }>, seconds: number): Promise<number> {
  await pause(WARM_UP_MS)
  const fromMs = monotonicMs()
  await pause(seconds * 1000)
  const toMs = monotonicMs()
  await pause(AFTER_MS)
  const { bytes } = await look({ fromMs, toMs })
  return (bytes * 8) / (toMs - fromMs)
}
