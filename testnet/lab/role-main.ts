/** The process of one sender, provider or receiver: `role-main ROLE HOST`. It ends when the process that started it ends. */
import '../../proto/polyfill.js'
import { randomBytes } from 'node:crypto'
import pino from 'pino'
import {
  everybodyReserved,
  type PeerSigner,
  Receiver,
  Relay,
  serveProbe,
  soloSender,
  systemClock,
  systemRandom,
} from '../../probe/index.js'
import { toHex } from '../../proto/hex.js'
import { ProbeFrame, RelayFrame, RelayOpen } from '../../proto/messages.js'
import { PROBE_PROTOCOL, SESSION_PROTOCOL } from '../../proto/protocols.js'
import { createPeer, listenAddresses, type Peer } from '../../verifier/net/libp2p.js'
import { peerSigner, peerVerifier } from '../../verifier/net/peer-keys.js'
import { connect, handleStreams, openStream, type PeerAddress } from '../../verifier/net/streams.js'
import type { Answer, Cast, Order, Role } from './role-messages.js'
import { measure, PROVIDER_KEYS, providerAnswers, SENDERS, type SessionReading } from './session.js'

/** Reaching a peer takes a few round trips. */
const DIAL_MS = 3000

interface Part {
  /** Also opens the connections that a session will need, so that no first dial delays the session. */
  cast(cast: Cast): Promise<void>
  measure?(): Promise<SessionReading>
}

interface Self {
  readonly peer: Peer
  readonly host: string
  readonly signer: PeerSigner
}

const PARTS: Record<Role, (self: Self) => Promise<Part>> = { sender, provider, receiver }

const [role, host] = process.argv.slice(2) as [Role, string]
const answer = (message: Answer) => void process.send!(message)
process.once('disconnect', () => process.exit(0))

const seed = new Uint8Array(randomBytes(32))
const log = pino({ level: 'silent' })
const peer = await createPeer({ seed: toHex(seed), listen: [`/ip4/${host}/tcp/0`], log })
const part = await PARTS[role]({ peer, host, signer: await peerSigner(seed) })

process.on('message', async (order: Order) => {
  if ('cast' in order) {
    await part.cast(order.cast)
    answer({ casted: true })
  } else {
    answer({ reading: await part.measure!() })
  }
})
answer({ ready: { peerId: peer.peerId.toString(), multiaddrs: listenAddresses(peer) } })

async function sender({ peer, host, signer }: Self): Promise<Part> {
  // Every verifier has a port of its own; with it the data plane's thread starts before a session needs it.
  await Receiver.open({ host, port: 0, clock: systemClock })
  let now: Cast | undefined
  await handleStreams(
    peer,
    PROBE_PROTOCOL,
    ProbeFrame.maxBytes,
    async stream => {
      if (now === undefined) return
      const { claimKbps, provider, receiver } = now
      const verifiers = { receiver: peerVerifier(receiver.peerId), provider: providerAnswers }
      const openProvider = () => open(peer, provider, SESSION_PROTOCOL, RelayFrame.maxBytes)
      const sender = soloSender({ claimKbps, senders: SENDERS, ...verifiers }, { signer, openProvider, udpHost: host })
      await serveProbe(stream, sender)
    },
    () => {}, // the receiver reports it
  )
  return {
    async cast(cast) {
      now = cast
      await connect(peer, cast.provider, AbortSignal.timeout(DIAL_MS))
    },
  }
}

async function provider({ peer, host }: Self): Promise<Part> {
  const relay = await Relay.open({
    host,
    port: 0,
    claimKbps: 1,
    access: everybodyReserved,
    ...PROVIDER_KEYS,
    clock: systemClock,
    random: systemRandom,
  })
  await handleStreams(
    peer,
    SESSION_PROTOCOL,
    RelayOpen.maxBytes,
    (stream, peerId) => relay.serve(stream, peerId),
    () => {}, // the sender reports it
  )
  return {
    async cast({ claimKbps }) {
      relay.setClaim(claimKbps)
    },
  }
}

async function receiver({ peer, host, signer }: Self): Promise<Part> {
  const udp = await Receiver.open({ host, port: 0, clock: systemClock })
  let now: Cast
  return {
    async cast(cast) {
      now = cast
      for (const to of cast.senders) await connect(peer, to, AbortSignal.timeout(DIAL_MS))
    },
    measure: () =>
      measure({
        claimKbps: now.claimKbps,
        signer,
        receiver: udp,
        senders: now.senders.map(to => ({
          verifier: peerVerifier(to.peerId),
          open: () => open(peer, to, PROBE_PROTOCOL, ProbeFrame.maxBytes),
        })),
        host,
      }),
  }
}

function open(peer: Peer, to: PeerAddress, protocol: string, maxBytes: number) {
  return openStream(peer, to, protocol, maxBytes, AbortSignal.timeout(60_000))
}
