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
import { MAX_TOKENS_PER_REQUEST } from '../../../proto/messages.js'
import { tokenInfo } from '../../../proto/token.js'
import { ConnectionPool } from '../../../verifier/net/connection-pool.js'
import { listenAddresses } from '../../../verifier/net/libp2p.js'
import { createProviderPeer } from '../../../verifier/net/provider-peer.js'
import { dialSession } from '../../../verifier/node/dialling.js'
import { serveSessions } from '../../../verifier/node/serve-sessions.js'
import { type Keys, newKeys } from '../../lab/keys.js'
import { measure, PROVIDER_KEYS, providerAnswers, SENDERS } from '../../lab/session.js'
import type { Attack } from '../../strangers/messages.js'

export const HOST = '127.0.0.1'
/** Whoever keeps a claim under all conditions has this much more. */
const LINK_FACTOR = 1 / 0.7
const ERA = 1
const NETWORK = { chainId: 31_337, contract: `0x${'11'.repeat(20)}` } as const
const { account: ACCOUNT } = PROVIDER_KEYS.answerSigner

const log = pino({ level: 'silent' })

export interface ProviderOptions {
  readonly claimKbps: number
  /** false for a relay that treats everybody alike */
  readonly classes: boolean
}

const ENTITLED = { holder: 'verifiers', tokens: Number.POSITIVE_INFINITY }

export class MeasuredProvider {
  readonly pool = new ConnectionPool(() => systemClock.now())
  readonly #claimKbps: number
  readonly #directory = mkdtempSync(join(tmpdir(), 'bandwitness-strangers-'))
  readonly #key = tokenKeyOf(randomBytes(32))
  readonly #office: TokenOffice
  readonly #tokens: Uint8Array[] = []
  readonly #stopping = new AbortController()
  relay!: Relay
  target!: Pick<Attack, 'target' | 'account'>
  #peer!: Libp2p
  #receiver!: Receiver
  #sweeping!: NodeJS.Timeout
  #keys!: { readonly receiver: Keys; readonly senders: readonly Keys[] }

  private constructor({ claimKbps }: ProviderOptions) {
    this.#claimKbps = claimKbps
    const ledger = new TokenLedger(join(this.#directory, 'tokens'), log)
    this.#office = new TokenOffice({
      network: NETWORK,
      account: ACCOUNT,
      key: this.#key,
      ledger,
      random: systemRandom,
    })
    this.#office.setEras([ERA])
  }

  static async open(options: ProviderOptions): Promise<MeasuredProvider> {
    const self = new MeasuredProvider(options)
    const seed = new Uint8Array(randomBytes(32))
    self.#keys = { receiver: await newKeys(), senders: await Promise.all([1, 2, 3].map(newKeys)) }
    self.relay = await Relay.open({
      ...{ host: HOST, port: 0, claimKbps: options.claimKbps, ...PROVIDER_KEYS },
      ...{ forwarding: limited(LINK_FACTOR * options.claimKbps), clock: systemClock, random: systemRandom },
      access: options.classes ? self.#office : everybodyReserved,
    })
    self.#peer = await createProviderPeer({ seed: toHex(seed), listen: [`/ip4/${HOST}/tcp/0`], log }, self.pool)
    const address = { peerId: self.#peer.peerId.toString(), multiaddrs: listenAddresses(self.#peer) }
    self.target = { target: address, account: ACCOUNT }
    await serveSessions(self.#peer, self.pool, self.relay, log)
    self.#receiver = await Receiver.open({ host: HOST, port: 0, clock: systemClock })
    self.#sweeping = setInterval(() => self.pool.sweep(), 1000)
    return self
  }

  /**
   * One session of three senders, each from a new peer and with a token.
   * @param say hears why a session was not verified
   */
  async measure(say: (line: string) => void): Promise<Outcome> {
    const { receiver, senders } = this.#keys
    const claimKbps = this.#claimKbps
    const terms = { claimKbps, senders: SENDERS, receiver: receiver.verifier, provider: providerAnswers }
    while (this.#tokens.length < SENDERS) this.#order()
    const tokens = { take: () => this.#tokens.pop() }
    const openProvider = () => dialSession(this.#stopping.signal, this.target.target)
    const { outcome, notes } = await measure({
      ...{ claimKbps, signer: receiver.signer, receiver: this.#receiver, host: HOST },
      senders: senders.map(({ verifier, signer }) => ({
        verifier,
        open: async () => {
          const deps = soloSender(terms, { signer, openProvider, tokens, udpHost: HOST })
          return connect(streamPair(HOST), stream => serveProbe(stream, deps))
        },
      })),
    })
    if (outcome.kind !== 'verified') say(`${JSON.stringify(outcome)} ${notes.join('; ')}`)
    return outcome
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#sweeping)
    await this.#peer.stop()
    await this.relay.close()
    await this.#receiver.close()
    rmSync(this.#directory, { recursive: true })
  }

  #order(): void {
    const terms = { publicKey: this.#key.publicKey, info: tokenInfo(NETWORK, ACCOUNT, ERA), era: ERA }
    const order = new TokenOrder(terms, MAX_TOKENS_PER_REQUEST, systemRandom)
    const { issue } = this.#office.issue({ era: ERA, blindedElements: order.blindedElements }, ENTITLED)
    this.#tokens.push(...order.finish(issue!))
    this.relay.know(HOST)
    this.pool.know(HOST)
  }
}
