/** The world around a walk: a network to join, and what a reader has from elsewhere: tokens, a safe account, patience. */
import { randomBytes } from 'node:crypto'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hex, toHex } from '../../proto/hex.js'
import { poll } from '../../verifier/node/waiting.js'
import { ChainWatch } from '../acceptance/chain-watch.js'
import type { TestnetRun } from '../acceptance/testnet-run.js'
import type { ReadyEvent } from '../network/events.js'
import { accountIn, fund, tokensOf } from './founder.js'

const LOOK_MS = 1000
/** An era, and the epochs until its first report pays. */
const EPOCHS_MS = 480_000

export class World {
  /** An account whose key is nowhere on this machine. */
  readonly safe: Hex = toHex(randomBytes(20))
  readonly watch: ChainWatch

  private constructor(
    private readonly run: TestnetRun,
    readonly ready: ReadyEvent,
    /** The reader's own directory. */
    private readonly home: string,
  ) {
    this.watch = new ChainWatch(ready, run.over)
  }

  static async open(run: TestnetRun, home: string): Promise<World> {
    return new World(run, await run.ready(), home)
  }

  /** The reader's data directory, and others beside it. */
  dataDir(name = 'D'): string {
    return join(this.home, name)
  }

  account(name?: string): Hex {
    return accountIn(this.dataDir(name))
  }

  /** One key of the reader's encrypted key file, as `jq` shows it. */
  exportKey(kind: 'evm' | 'bls', to: string): void {
    const keys = JSON.parse(readFileSync(join(this.dataDir(), 'keys.json'), 'utf8'))
    writeFileSync(to, JSON.stringify(keys[kind]))
  }

  /** A directory with plain keys, as an earlier version made them: that of a guest, to whom nothing else happens. */
  async copyPlainKeys(name: string): Promise<void> {
    const guest = await this.run.waitFor(event => (event.event === 'guest' ? event : undefined), EPOCHS_MS / 1000)
    cpSync(guest.dataDir, this.dataDir(name), { recursive: true })
  }

  fund(account: Hex, tokens: number): Promise<void> {
    return fund(this.watch.rpc, this.ready.contracts.stakeToken, account, tokens)
  }

  tokensOf(account: Hex): Promise<bigint> {
    return tokensOf(this.watch.rpc, this.ready.contracts.stakeToken, account)
  }

  /** @throws Error if it takes longer than a few eras, or the network ends */
  async until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    const signal = AbortSignal.any([this.run.over, AbortSignal.timeout(EPOCHS_MS)])
    await poll(async () => (await holds()) || undefined, LOOK_MS, signal).catch(error => {
      throw signal.aborted
        ? new Error(`${what}: not within ${EPOCHS_MS / 1000} s, or not while the network ran`)
        : error
    })
  }
}
