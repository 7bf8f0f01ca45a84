/**
 * The probe: one session, and what it proves. Senders push unpredictable data through a provider's relay to a receiver,
 * which checks every byte and reads the rate at which the data came.
 *
 * Streams to peers, keys, the clock, randomness and the signatures on receipts are ports (see ports.ts). A session that
 * a chain assigned runs through `measureSession` and `serveProbe`. A session without a chain runs through `measureSolo`
 * and
 * `soloSender`, which call the same two.
 *
 * @example One session in one process, over loopback: three senders, one relay, one receiver.
 *
 * ```TypeScript
 * import {
 *   connect,
 *   measureSolo,
 *   type Outcome,
 *   Receiver,
 *   Relay,
 *   serveProbe,
 *   soloKeys,
 *   soloSender,
 *   streamPair,
 *   systemClock,
 *   systemRandom,
 * } from './index.js'
 *
 * const host = '127.0.0.1'
 * const claimKbps = 10_000
 *
 * // Resolves to `verified`, with a measurement, where this machine carries the claim.
 * export async function exampleSession(): Promise<Outcome> {
 *   const [provider, receiver] = [soloKeys(), soloKeys()]
 *   const senders = [soloKeys(), soloKeys(), soloKeys()]
 *   const port = { host, port: 0, clock: systemClock }
 *   const relay = await Relay.open({ ...port, claimKbps, ...provider, random: systemRandom })
 *   const receiverPort = await Receiver.open(port)
 *
 *   const terms = { claimKbps, senders: senders.length, receiver: receiver.verifier, provider: provider.answers }
 *   const senderAt = (slot: number) =>
 *     soloSender(terms, {
 *       signer: senders[slot]!.signer,
 *       udpHost: host,
 *       openProvider: async () => connect(streamPair(host), stream => relay.serve(stream, `sender ${slot}`)),
 *     })
 *   try {
 *     const { outcome } = await measureSolo(
 *       {
 *         claimKbps,
 *         senders: senders.map(({ verifier }, slot) => ({
 *           verifier,
 *           open: async () => connect(streamPair(host), stream => serveProbe(stream, senderAt(slot))),
 *         })),
 *         providerAnswers: provider.answers,
 *         providerVouchers: provider.vouchers,
 *         advertisedHost: host,
 *       },
 *       { receiver: receiverPort, ...receiver },
 *     )
 *     return outcome
 *   } finally {
 *     await relay.close()
 *     await receiverPort.close()
 *   }
 * }
 * ```
 */
import '../proto/polyfill.js'

export { EraKey, type TokenKey, tokenKeyOf } from './access/token-key.js'
export { TokenOrder } from './access/token-order.js'
export type { OpeningsVerdict } from './chunks/openings.js'
export type { Backend, PortFacts } from './io/datagram-port.js'
export type { Progress } from './plane/collection.js'
export { type ForwardingSpec, forwardAll, limited } from './plane/forwarding.js'
export type {
  Access,
  AnswerVerifier,
  MessageStream,
  MonotonicClock,
  PeerSigner,
  PeerVerifier,
  ProviderStream,
  RandomSource,
  TokenSource,
  VoucherSigner,
} from './ports.js'
export { HeartbeatSession } from './receiver/heartbeat.js'
export { Receiver } from './receiver/receiver.js'
export { measureSession } from './receiver/session.js'
export { everybodyReserved, Relay } from './relay/relay.js'
export { type Authorization, serveProbe } from './sender/sender.js'
export { soloKeys } from './solo-keys.js'
export { measureSolo, soloSender } from './solo-session.js'
export { systemClock, systemRandom } from './system.js'
export type { Outcome, SessionResult } from './verdict/outcome.js'
export { connect, streamPair } from './wire/local-streams.js'
export { SeenSessions } from './wire/seen-sessions.js'
