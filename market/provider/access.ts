/** Who gets into a provider's relay first: its token office, and what follows from the chain's verifier sets. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type Relay, tokenKeyOf } from '../../probe/index.js'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import type { TokenRequest, TokenResponse } from '../../proto/messages.js'
import type { EthersChain } from '../../verifier/chain/ethers-chain.js'
import type { ConnectionPool } from '../../verifier/net/connection-pool.js'
import type { TokenAsker } from '../../verifier/net/tokens.js'
import type { Directory } from '../../verifier/node/directory.js'
import type { Lifecycle } from '../../verifier/node/lifecycle.js'
import type { NodeOptions } from '../../verifier/node/node-options.js'
import { repeat } from '../../verifier/node/waiting.js'
import { WALL_CLOCK } from '../../verifier/node/wall-clock.js'
import { TokenLedger } from './token-ledger.js'
import { TokenOffice } from './token-office.js'
import { VerifierSets } from './verifier-sets.js'

/** How often the provider looks for a new era and for announcements of verifiers: so many times an epoch, or more often. */
const POLLS_PER_EPOCH = 15
const LONGEST_POLL_MS = 30_000
/** How often the provider ends idle connections. */
const SWEEP_MS = 1000

/** What strangers could fill. */
interface Doors {
  readonly relay: Pick<Relay, 'know'>
  readonly pool: Pick<ConnectionPool, 'know' | 'sweep'>
}

export class ProviderAccess {
  readonly office: TokenOffice
  /** of the tokens; 32 bytes */
  readonly publicKey: Hex
  readonly #sets: VerifierSets
  readonly #pollMs: number
  readonly #log: Logger
  #doors: Doors | undefined

  constructor({ dataDir, keys, network, logger }: NodeOptions, chain: EthersChain, directory: Directory) {
    const sets = new VerifierSets(chain, directory, network.params)
    const key = tokenKeyOf(fromHex(keys.evm))
    this.office = new TokenOffice({
      ...{ network: chain.network, account: chain.account!, key, ledger: new TokenLedger(join(dataDir, 'tokens')) },
      mayIssue: (asker, era) => sets.entitlementOf(asker, era),
    })
    this.publicKey = toHex(key.publicKey)
    this.#sets = sets
    this.#pollMs = Math.min((network.params.epochSeconds * 1000) / POLLS_PER_EPOCH, LONGEST_POLL_MS)
    this.#log = logger
  }

  /** Reads the verifier sets now, and again and again until the node stops. Verifiers' hosts go first at the doors. */
  async follow(doors: Doors, life: Lifecycle): Promise<void> {
    this.#doors = doors
    await this.#refresh()
    const complain = (error: Error) => this.#log.warn({ error: error.message }, 'could not read the verifier sets')
    life.run(repeat(() => this.#refresh().catch(complain), this.#pollMs, life.stopping))
    life.run(repeat(async () => doors.pool.sweep(), SWEEP_MS, life.stopping))
  }

  /** @throws Error if the request makes no sense */
  issue(request: TokenRequest, { peerId, host }: TokenAsker): TokenResponse {
    const response = this.office.issue(request, peerId)
    if (response.issue !== undefined) this.#know(host)
    return response
  }

  async #refresh(): Promise<void> {
    this.office.setEras(await this.#sets.refresh(WALL_CLOCK.nowMs()))
    for (const host of this.#sets.hosts()) this.#know(host)
  }

  #know(host: string): void {
    this.#doors?.relay.know(host)
    this.#doors?.pool.know(host)
  }
}
