/** The world around the walk of a developer: a chain that is nobody's network yet, and folders. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hex } from '../../proto/hex.js'
import { JsonRpc } from '../acceptance/json-rpc.js'
import { type Anvil, startAnvil } from '../network/anvil.js'
import type { Watchdog } from '../process/watchdog.js'
import { accountIn, fund } from './founder.js'

/** `network check` looks back on 64 blocks. */
const BLOCKS = 100
const BOND = 10_000

export class Workshop {
  private constructor(
    readonly home: string,
    private readonly anvil: Anvil,
  ) {}

  static async open(home: string, watchdog: Watchdog): Promise<Workshop> {
    const anvil = await startAnvil({ watchdog, blockTime: 1 })
    const workshop = new Workshop(home, anvil)
    await new JsonRpc(anvil.rpcUrl).request('anvil_mine', [`0x${BLOCKS.toString(16)}`, '0x1'])
    writeFileSync(workshop.keyFile, anvil.accounts[0]!.privateKey)
    return workshop
  }

  get rpcUrl(): string {
    return this.anvil.rpcUrl
  }

  /** The plain key of an account that pays. */
  get keyFile(): string {
    return this.folder('payer.key')
  }

  get settings(): string {
    return this.folder('network.yaml')
  }

  folder(name: string): string {
    return join(this.home, name)
  }

  /** @param i from 1, of a genesis verifier */
  dataDir(i: number): string {
    return this.folder(`verifier-${i}`)
  }

  account(i: number): Hex {
    return accountIn(this.dataDir(i))
  }

  fund(token: Hex, account: Hex): Promise<void> {
    return fund(new JsonRpc(this.rpcUrl), token, account, BOND)
  }

  close(): Promise<void> {
    return this.anvil.stop()
  }
}
