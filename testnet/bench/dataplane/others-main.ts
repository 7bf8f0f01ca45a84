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
import { PROVIDER_KEYS, providerAnswers, SENDERS } from '../../lab/session.js'
import { IpcStreams, type StreamMessage } from './ipc-streams.js'
import type { Others, OthersOptions } from './others.js'

const HOST = '127.0.0.1'

const { receiverPeerId, providers, claimKbps, limitKbps } = JSON.parse(process.argv[2]!) as OthersOptions
process.once('disconnect', () => process.exit(0))

const senders = await Promise.all(Array.from({ length: SENDERS }, newKeys))
const relays = await Promise.all(
  Array.from({ length: providers }, async () => {
    const own = { ...PROVIDER_KEYS, access: everybodyReserved, clock: systemClock, random: systemRandom }
    return Relay.open({ host: HOST, port: 0, claimKbps, limitKbps, ...own })
  }),
)
const streams = new IpcStreams(message => void process.send!(message), serve)
process.on('message', (message: StreamMessage) => streams.take(message))
const others: Others = { senders: senders.map(s => s.peerId) }
process.send!({ others })

/** @param purpose which sender, and through which provider */
function serve(stream: MessageStream, purpose: string): void {
  const [slot, provider] = purpose.split('/').map(Number)
  const relay = relays[provider!]!
  const sender = senders[slot!]!
  const verifiers = { receiver: peerVerifier(receiverPeerId), provider: providerAnswers }
  const deps = soloSender(
    { claimKbps, senders: SENDERS, ...verifiers },
    {
      ...{ signer: sender.signer, udpHost: HOST },
      openProvider: async () => connect(streamPair(HOST), theirs => relay.serve(theirs, sender.peerId)),
    },
  )
  void serveProbe(stream, deps)
}
