/**
 * One session with this machine as its receiver and its only sender: what a verifier would read of a provider, from where
 * one stands. The code is the verifiers'; only who takes part differs, so no chain and no registration are needed.
 */
import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import pino from 'pino'
import type { Progress } from '../../probe/plane/collection.js'
import { Receiver } from '../../probe/receiver/receiver.js'
import { measureSession } from '../../probe/receiver/session.js'
import { serveProbe } from '../../probe/sender/sender.js'
import type { SessionResult } from '../../probe/verdict/outcome.js'
import { streamPair } from '../../probe/wire/local-streams.js'
import { SeenSessions } from '../../probe/wire/seen-sessions.js'
import type { NetworkId } from '../../proto/digests.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { RelayFrame } from '../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../proto/protocols.js'
import { voucherSigner, voucherVerifier } from '../chain/vouchers.js'
import { createPeer } from '../net/libp2p.js'
import { peerIdOf, peerSigner, peerVerifier } from '../net/peer-keys.js'
import type { PeerAddress } from '../net/streams.js'
import { dialStream } from './dialling.js'

export interface OwnSessionOptions {
  readonly provider: PeerAddress & { readonly account: Hex }
  readonly network: NetworkId
  readonly breachBps: number
  readonly claimKbps: number
  /** a longer session, read like a soak; undefined for an ordinary one */
  readonly soakMs?: number | undefined
  /** address by which the provider reaches this machine, and the UDP port; 0 for any */
  readonly udpHost: string
  readonly udpPort: number
  readonly progress: (progress: Progress) => void
  readonly log: (note: string) => void
}

/** There is no assignment that a slot or an epoch would be of. */
const NOBODY = 0

/** @throws UdpPortError when the port cannot be had; whatever the provider does is an outcome */
export async function measureProvider(options: OwnSessionOptions): Promise<SessionResult> {
  const { provider, network, claimKbps, soakMs, udpHost } = options
  const seed = new Uint8Array(randomBytes(32))
  const clock = { now: () => performance.now() }
  const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) }
  const signer = await peerSigner(seed)
  const self = peerVerifier(await peerIdOf(seed))
  const stopping = new AbortController()
  const receiver = await Receiver.open({ host: udpHost, port: options.udpPort, clock })
  const peer = await createPeer({ seed: toHex(seed), listen: [], log: pino({ level: 'silent' }) })
  const providerVerifier = peerVerifier(provider.peerId)
  const send = async () => {
    const [mine, theirs] = streamPair(udpHost)
    void serveProbe(theirs, {
      authorize: async () => ({ ok: true, claimKbps, soakMs, senders: 1, receiver: self, provider: providerVerifier }),
      openProvider: () =>
        dialStream({ peer, stopping: stopping.signal }, provider, SESSION_PROTOCOL, RelayFrame.maxBytes),
      udpHost,
      served: new SeenSessions(),
      signer,
      clock,
      random,
      opened: () => {}, // by this very machine
    })
    return mine
  }
  try {
    return await measureSession(
      {
        parties: { epoch: NOBODY, provider: provider.account, receiver: NOBODY, senders: [NOBODY] },
        sessionId: toHex(random.bytes(32)),
        nonce: toHex(random.bytes(32)),
        ...{ claimKbps, soakMs, breachBps: options.breachBps, trusted: true },
        senders: [{ open: send, verifier: self }],
        providerVerifier,
        providerVouchers: voucherVerifier(network, provider.account),
        advertisedHost: udpHost,
      },
      {
        ...{ receiver, clock, signer, random, progress: options.progress, log: options.log },
        voucherSigner: voucherSigner(network, toHex(random.bytes(32))),
      },
    )
  } finally {
    stopping.abort()
    await peer.stop()
    await receiver.close()
  }
}
