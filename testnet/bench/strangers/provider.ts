/**
 * The provider of the bench, and the verifiers that measure it: real libp2p connections with a new key for each session,
 * tokens, real UDP. The provider's link is a limit on all that its relay forwards, which has no classes of its own.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Libp2p } from '@libp2p/interface'
import pino from 'pino'
import { serveSessions } from '../../../market/provider/serve-sessions.js'
import { TokenLedger } from '../../../market/provider/token-ledger.js'
import { TokenOffice } from '../../../market/provider/token-office.js'
import {
  connect,
  everybodyReserved,
  limited,
  type Outcome,
  Receiver,
  Relay,
  serveProbe,
  soloSender,
  streamPair,
  systemClock,
  systemRandom,
  TokenOrder,
  tokenKeyOf,
} from '../../../probe/index.js'
import { toHex } from '../../../proto/hex.js'
import { MAX_TOKENS_PER_REQUEST, RelayFrame } from '../../../proto/messages.js'
import { SESSION_PROTOCOL } from '../../../proto/protocols.js'
import { tokenInfo } from '../../../proto/token.js'
import { ConnectionPool } from '../../../verifier/net/connection-pool.js'
import { createPeer, listenAddresses } from '../../../verifier/net/libp2p.js'
import { createProviderPeer } from '../../../verifier/net/provider-peer.js'
import { openStream, type PeerAddress } from '../../../verifier/net/streams.js'
import { type Keys, keysOf, newKeys } from '../../lab/keys.js'
import { measure, providerVouchers, SENDERS } from '../../lab/session.js'

export const HOST = '127.0.0.1'
/** Whoever keeps a claim under all conditions has this much more. */
const LINK_FACTOR = 1 / 0.7
const DIAL_MS = 1000
const ERA = 1
const NETWORK = { chainId: 31_337, contract: `0x${'11'.repeat(20)}` } as const
const ACCOUNT = `0x${'22'.repeat(20)}` as const

const log = pino({ level: 'silent' })

export interface ProviderOptions {
  readonly claimKbps: number
  /** false for a relay that treats everybody alike */
  readonly classes: boolean
}

export class MeasuredProvider {
  readonly pool = new ConnectionPool(() => systemClock.now())
  readonly #claimKbps: number
  readonly #directory = mkdtempSync(join(tmpdir(), 'bandwitness-strangers-'))
  readonly #key = tokenKeyOf(randomBytes(32))
  readonly #office: TokenOffice
  readonly #tokens: Uint8Array[] = []
  relay!: Relay
  address!: PeerAddress
  #peer!: Libp2p
  #receiver!: Receiver
  #sweeping!: NodeJS.Timeout
  #keys!: { readonly provider: Keys; readonly receiver: Keys; readonly senders: readonly Keys[] }

  private constructor({ claimKbps }: ProviderOptions) {
    this.#claimKbps = claimKbps
    const mayIssue = () => ({ holder: 'verifiers', tokens: Number.POSITIVE_INFINITY })
    const ledger = new TokenLedger(join(this.#directory, 'tokens'))
    this.#office = new TokenOffice({ network: NETWORK, account: ACCOUNT, key: this.#key, ledger, mayIssue })
    this.#office.setEras([ERA])
  }

  static async open(options: ProviderOptions): Promise<MeasuredProvider> {
    const self = new MeasuredProvider(options)
    const seed = new Uint8Array(randomBytes(32))
    const provider = await keysOf(seed)
    self.#keys = { provider, receiver: await newKeys(), senders: await Promise.all([1, 2, 3].map(newKeys)) }
    self.relay = await Relay.open({
      ...{
        host: HOST,
        port: 0,
        claimKbps: options.claimKbps,
        signer: provider.signer,
        voucherSigner: providerVouchers,
      },
      ...{ forwarding: limited(LINK_FACTOR * options.claimKbps), clock: systemClock, random: systemRandom },
      access: options.classes ? self.#office : everybodyReserved,
    })
    self.#peer = await createProviderPeer({ seed: toHex(seed), listen: [`/ip4/${HOST}/tcp/0`], log }, self.pool)
    self.address = { peerId: provider.peerId, multiaddrs: listenAddresses(self.#peer) }
    await serveSessions(self.#peer, self.pool, self.relay, log)
    self.#receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    self.#sweeping = setInterval(() => self.pool.sweep(), 1000)
    return self
  }

  /** One session of three senders, each from a new peer and with a token. */
  async measure(): Promise<Outcome> {
    const { provider, receiver, senders } = this.#keys
    const terms = {
      claimKbps: this.#claimKbps,
      senders: SENDERS,
      receiver: receiver.verifier,
      provider: provider.verifier,
    }
    while (this.#tokens.length < SENDERS) this.#order()
    const peers = await Promise.all(senders.map(() => createPeer({ seed: toHex(randomBytes(32)), listen: [], log })))
    try {
      const { outcome, notes } = await measure({
        ...{ claimKbps: this.#claimKbps, signer: receiver.signer, receiver: this.#receiver },
        ...{ provider: provider.verifier, host: HOST },
        senders: senders.map(({ verifier, signer }, slot) => ({
          verifier,
          open: async () => {
            const openProvider = () => this.#dial(peers[slot]!)
            const tokens = { take: () => this.#tokens.pop() }
            const deps = soloSender(terms, { signer, openProvider, tokens, udpHost: HOST })
            return connect(streamPair(HOST), stream => serveProbe(stream, deps))
          },
        })),
      })
      if (process.env.DBG) console.log(JSON.stringify(outcome), notes)
      return outcome
    } finally {
      await Promise.all(peers.map(peer => peer.stop()))
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeping)
    await this.#peer.stop()
    await this.relay.close()
    await this.#receiver.close()
    rmSync(this.#directory, { recursive: true })
  }

  #dial(peer: Parameters<typeof openStream>[0]): ReturnType<typeof openStream> {
    return openStream(peer, this.address, SESSION_PROTOCOL, RelayFrame.maxBytes, AbortSignal.timeout(DIAL_MS))
  }

  #order(): void {
    const terms = { publicKey: this.#key.publicKey, info: tokenInfo(NETWORK, ACCOUNT, ERA), era: ERA }
    const order = new TokenOrder(terms, MAX_TOKENS_PER_REQUEST, systemRandom)
    const { issue } = this.#office.issue({ era: ERA, blindedElements: order.blindedElements }, 'verifier')
    this.#tokens.push(...order.finish(issue!))
    this.relay.know(HOST)
    this.pool.know(HOST)
  }
}
