/**
 * What the data plane of this machine carries over loopback: a whole session, in which this process sends, relays and
 * receives. So it does about three times the work of a node in one of the roles. It shows nothing of the line.
 */
import {
  connect,
  measureSolo,
  type PortFacts,
  Receiver,
  Relay,
  serveProbe,
  soloKeys,
  soloSender,
  streamPair,
  systemClock,
  systemRandom,
} from '../../probe/index.js'

export interface LoopbackSpeed {
  /** carried and verified, at most the rate asked for; kbit/s at the IP layer, 0 if no session came about */
  readonly carriedKbps: number
  /** of the relay's port */
  readonly port: PortFacts
}

const HOST = '127.0.0.1'

/** Sessions far above what a machine carries come to nothing, so larger rates are reached in steps. */
const FIRST_KBPS = 50_000
const STEP = 5

/** Takes a second or two for each step that the machine carries, and up to ten for one that it does not. */
export async function loopbackSpeed(rateKbps: number): Promise<LoopbackSpeed> {
  for (let askedKbps = FIRST_KBPS, best = 0; ; askedKbps *= STEP) {
    const speed = await session(Math.min(askedKbps, rateKbps))
    best = Math.max(best, speed.carriedKbps)
    if (askedKbps >= rateKbps || speed.carriedKbps < askedKbps) return { ...speed, carriedKbps: best }
  }
}

async function session(rateKbps: number): Promise<LoopbackSpeed> {
  const [provider, self] = [soloKeys(), soloKeys()]
  const port = { host: HOST, port: 0, clock: systemClock }
  const relay = await Relay.open({ ...port, claimKbps: rateKbps, ...provider, random: systemRandom })
  try {
    const receiver = await Receiver.open(port)
    try {
      const terms = { claimKbps: rateKbps, senders: 1, receiver: self.verifier, provider: provider.answers }
      const sender = soloSender(terms, {
        ...{ signer: self.signer, udpHost: HOST },
        openProvider: async () => connect(streamPair(HOST), stream => relay.serve(stream, 'self')),
      })
      const open = async () => connect(streamPair(HOST), stream => serveProbe(stream, sender))
      const { outcome } = await measureSolo(
        {
          ...{ claimKbps: rateKbps, trusted: true, senders: [{ verifier: self.verifier, open }] },
          ...{ providerAnswers: provider.answers, providerVouchers: provider.vouchers, advertisedHost: HOST },
        },
        { receiver, ...self },
      )
      return { carriedKbps: 'measurement' in outcome ? outcome.measurement.rateKbps : 0, port: relay.facts }
    } finally {
      await receiver.close()
    }
  } finally {
    await relay.close()
  }
}
