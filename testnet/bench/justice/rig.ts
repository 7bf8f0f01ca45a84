/**
 * One whole session in this process, over real UDP and a modelled line. The senders and the relay are made for this
 * session alone; a receiver has many sessions.
 */
import {
  connect,
  everybodyReserved,
  measureSolo,
  type Receiver,
  Relay,
  serveProbe,
  soloKeys,
  soloSender,
  streamPair,
  systemClock,
  systemRandom,
} from '../../../probe/index.js'
import { delayedPair } from '../../lab/delayed-streams.js'
import { ModelledPath, type PathHosts, type PathLines } from '../../lab/modelled-path.js'
import { ProviderMonitor } from './provider-monitor.js'
import type { SessionFigures } from './session-figures.js'

/** k */
export const SENDERS = 3
/** As on a real network. On a devnet an epoch is too short for that. */
const YIELD_MS = 4000

export interface RigOptions {
  readonly claimKbps: number
  readonly hosts: PathHosts
  readonly lines: PathLines
  readonly receiver: Receiver
}

export async function runSession({ claimKbps, hosts, lines, receiver }: RigOptions): Promise<SessionFigures> {
  const [provider, verifier] = [soloKeys(), soloKeys()]
  const senders = Array.from({ length: SENDERS }, soloKeys)
  const port = { host: hosts.ends, port: 0, clock: systemClock, random: systemRandom }
  // Verifiers have tokens for reserved sessions; who has one is of no matter here.
  const relay = await Relay.open({ ...port, claimKbps, ...provider, access: everybodyReserved })
  const path = await ModelledPath.open(hosts, { relayPort: relay.port, receiverPort: receiver.port }, lines)
  const monitor = new ProviderMonitor(relay, claimKbps)
  const terms = { claimKbps, senders: SENDERS, receiver: verifier.verifier, provider: provider.answers }
  const { directMs } = lines
  const wayOf = (slot: number): string =>
    lines.in.length === 0 ? hosts.ends : hosts.ways[Math.min(slot, lines.in.length - 1)]!
  const beganMs = systemClock.now()
  let lagMs = 0
  let span: { readonly fromMs: number; readonly toMs: number } | undefined
  try {
    const { outcome } = await measureSolo(
      {
        claimKbps,
        yieldMs: YIELD_MS,
        senders: senders.map(({ verifier, signer }, slot) => ({
          verifier,
          open: async () =>
            connect(delayedPair(directMs, hosts.ends), stream =>
              serveProbe(
                stream,
                soloSender(terms, {
                  signer,
                  udpHost: hosts.ends,
                  openProvider: async () =>
                    connect(streamPair(wayOf(slot)), theirs => monitor.follow(relay.serve(theirs, `sender ${slot}`))),
                }),
              ),
            ),
        })),
        providerAnswers: provider.answers,
        providerVouchers: provider.vouchers,
        advertisedHost: hosts.front,
      },
      {
        receiver,
        ...verifier,
        progress: ({ estimate, direct }) => {
          const pauseMs = path.takeLagMs()
          if (span) lagMs = Math.max(lagMs, pauseMs)
          if (!direct) span = estimate
        },
      },
    )
    const tookMs = systemClock.now() - beganMs
    return {
      outcome,
      passedKbps: span && path.passed.rateKbps(span.fromMs, span.toMs),
      lagMs,
      pausedShare: path.pausedShare,
      tookMs,
      warned: await monitor.warned(),
    }
  } finally {
    monitor.close()
    await path.close()
    await relay.close()
  }
}
