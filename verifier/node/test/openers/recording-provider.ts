/** A provider that writes down everything that an opener shows it, up to the first datagram, and forwards nothing. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Connection, Stream } from '@libp2p/interface'
import type { AnswerSigner, AnswerVerifier } from '../../../../probe/ports.js'
import { challengeOf, isEcho } from '../../../../probe/wire/path-validation.js'
import { grantDigest, readyDigest } from '../../../../probe/wire/statements.js'
import { NONCE_BYTES, TAG_BYTES } from '../../../../proto/datagram.js'
import { toHex } from '../../../../proto/hex.js'
import { RelayFrame, RelayOpen } from '../../../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../../../proto/protocols.js'
import { FramedStream } from '../../../net/framed-stream.js'
import type { Peer } from '../../../net/libp2p.js'
import { systemRandom } from '../../../../probe/index.js'

const HOST = '127.0.0.1'
/** When a relay challenges the next hop, from the grant. */
const CHALLENGES_MS = [20, 50, 95, 163, 264, 416]
/** Other protocols of a node: does the opener speak them? */
const OTHER_PROTOCOLS = ['/ipfs/id/1.0.0', '/ipfs/ping/1.0.0', '/meshsub/1.2.0', '/bandwitness/probe/1.0.0', SESSION_PROTOCOL]
/** Ports from here on are given out by the system. */
const EPHEMERAL = 32_768

/** Numbers stay; texts become a number each, the same for the same text. */
type Shown = Record<string, number>

interface Session {
  readonly shown: Shown
  readonly nextHopPort: number
  readonly openedMs: number
  readonly host: string
  readonly first: PromiseWithResolvers<void>
  readonly echoed: PromiseWithResolvers<void>
}

export class RecordingProvider {
  /** what was shown, by the id of the session with the provider, in hexadecimal */
  readonly shown = new Map<string, Shown>()
  readonly #peer: Peer
  readonly #keys: { readonly answerSigner: AnswerSigner; readonly answers: AnswerVerifier }
  readonly #socket = createSocket('udp4')
  readonly #byTag = new Map<string, Session>()
  readonly #first = new Map<string, PromiseWithResolvers<void>>()
  readonly #connectedMs = new Map<string, number>()
  readonly #texts = new Map<string, number>()
  readonly #seen = new Map<string, number>()

  private constructor(peer: Peer, keys: RecordingProvider['keys']) {
    this.#peer = peer
    this.#keys = keys
  }
}
