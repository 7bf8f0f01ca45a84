/** The example that `index.ts` opens with. A test runs it, and compares it with the text there. */
import {
  connect,
  measureSolo,
  type Outcome,
  Receiver,
  Relay,
  serveProbe,
  soloKeys,
  soloSender,
  streamPair,
  systemClock,
  systemRandom,
} from './index.js'

const host = '127.0.0.1'
const claimKbps = 10_000

// Resolves to `verified`, with a measurement, where this machine carries the claim.
export async function exampleSession(): Promise<Outcome> {
  const [provider, receiver] = [soloKeys(), soloKeys()]
  const senders = [soloKeys(), soloKeys(), soloKeys()]
  const port = { host, port: 0, clock: systemClock }
  const relay = await Relay.open({ ...port, claimKbps, ...provider, random: systemRandom })
  const receiverPort = await Receiver.open(port)

  const terms = { claimKbps, senders: senders.length, receiver: receiver.verifier, provider: provider.answers }
  const senderAt = (slot: number) =>
    soloSender(terms, {
      signer: senders[slot]!.signer,
      udpHost: host,
      openProvider: async () => connect(streamPair(host), stream => relay.serve(stream, `sender ${slot}`)),
    })
  try {
    const { outcome } = await measureSolo(
      {
        claimKbps,
        senders: senders.map(({ verifier }, slot) => ({
          verifier,
          open: async () => connect(streamPair(host), stream => serveProbe(stream, senderAt(slot))),
        })),
        providerAnswers: provider.answers,
        providerVouchers: provider.vouchers,
        advertisedHost: host,
      },
      { receiver: receiverPort, ...receiver },
    )
    return outcome
  } finally {
    await relay.close()
    await receiverPort.close()
  }
}
