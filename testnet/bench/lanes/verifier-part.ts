/** Sessions without a payment, as verifiers measure: three senders and a receiver, one session after the other. */
import { setTimeout as pause } from 'node:timers/promises'
import { Receiver, serveProbe, soloSender, systemClock } from '../../../probe/index.js'
import { connect, streamPair } from '../../../probe/wire/local-streams.js'
import { newKeys } from '../../lab/keys.js'
import { measure, providerAnswers, SENDERS } from '../../lab/session.js'
import { CLAIM_KBPS } from './plan.js'
import type { Part, Reading, Span, VerifierOptions } from './role-messages.js'
import { dial } from './user-session.js'

export async function verifierPart({ host, relay }: VerifierOptions): Promise<Part> {
  const own = await newKeys()
  const senders = await Promise.all(Array.from({ length: SENDERS }, newKeys))
  const receiver = await Receiver.open({ host, port: 0, clock: systemClock })
  const terms = { claimKbps: CLAIM_KBPS, senders: SENDERS, receiver: own.verifier, provider: providerAnswers }

  async function session(): Promise<Reading> {
    const { outcome } = await measure({
      ...{ claimKbps: CLAIM_KBPS, signer: own.signer, receiver, host },
      senders: senders.map(({ verifier, signer }) => ({
        verifier,
        open: async () =>
          connect(streamPair(host), stream =>
            serveProbe(stream, soloSender(terms, { signer, openProvider: () => dial(relay), udpHost: host })),
          ),
      })),
    })
    const { rateKbps, arrivedKbps } = 'measurement' in outcome ? outcome.measurement : { rateKbps: 0, arrivedKbps: 0 }
    const why = 'reason' in outcome ? `, ${outcome.reason}` : ''
    return { outcome: `${outcome.kind}${why}`, rateKbps, arrivedKbps }
  }

  async function probe({ fromMs, toMs }: Span): Promise<Reading[]> {
    await pause(fromMs - systemClock.now())
    const readings: Reading[] = []
    while (systemClock.now() < toMs) readings.push(await session())
    return readings
  }

  return {
    first: { ready: 0 },
    async handle(order) {
      if (!('probe' in order)) throw new Error('a verifier does not know this order')
      return { readings: await probe(order.probe) }
    },
  }
}
