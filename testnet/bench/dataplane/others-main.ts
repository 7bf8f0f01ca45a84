/** Everybody but the receiver, in one process: the senders, and as many providers as there are sessions at once. */
import '../../../proto/polyfill.js'
import {
  connect,
  everybodyReserved,
  type MessageStream,
  Relay,
  serveProbe,
  soloSender,
  streamPair,
  systemClock,
  systemRandom,
} from '../../../probe/index.js'
import { peerVerifier } from '../../../verifier/net/peer-keys.js'
import { newKeys } from '../../lab/keys.js'
import { providerVouchers, SENDERS } from '../../lab/session.js'
import { IpcStreams, type StreamMessage } from './ipc-streams.js'
import type { Others, OthersOptions } from './others.js'

const HOST = '127.0.0.1'

const { receiverPeerId, providers, claimKbps, limitKbps } = JSON.parse(process.argv[2]!) as OthersOptions
process.once('disconnect', () => process.exit(0))

const senders = await Promise.all(Array.from({ length: SENDERS }, newKeys))
const relays = await Promise.all(
  Array.from({ length: providers }, async () => {
    const { signer, peerId } = await newKeys()
    const own = {
      access: everybodyReserved,
      signer,
      voucherSigner: providerVouchers,
      clock: systemClock,
      random: systemRandom,
    }
    return { relay: await Relay.open({ host: HOST, port: 0, claimKbps, limitKbps, ...own }), peerId }
  }),
)
const streams = new IpcStreams(message => void process.send!(message), serve)
process.on('message', (message: StreamMessage) => streams.take(message))
const others: Others = { senders: senders.map(s => s.peerId), providers: relays.map(r => r.peerId) }
process.send!({ others })

/** @param purpose which sender, and through which provider */
function serve(stream: MessageStream, purpose: string): void {
  const [slot, provider] = purpose.split('/').map(Number)
  const { relay, peerId } = relays[provider!]!
  const sender = senders[slot!]!
  const verifiers = { receiver: peerVerifier(receiverPeerId), provider: peerVerifier(peerId) }
  const deps = soloSender(
    { claimKbps, senders: SENDERS, ...verifiers },
    {
      ...{ signer: sender.signer, udpHost: HOST },
      openProvider: async () => connect(streamPair(HOST), theirs => relay.serve(theirs, sender.peerId)),
    },
  )
  void serveProbe(stream, deps)
}
