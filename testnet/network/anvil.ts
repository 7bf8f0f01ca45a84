/**
 * The embedded chain. It starts the binary of anvil's platform package itself: a kill of the package's JavaScript
 * launcher would leave the real process behind.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HDNodeWallet, Mnemonic } from 'ethers'
import { keccakText } from '../../proto/hash.js'
import { fromHex } from '../../proto/hex.js'
import { UserError } from '../../verifier/config/errors.js'
import { describeEnd } from '../process/child-end.js'
import { ChildProcess } from '../process/child-process.js'
import type { Watchdog } from '../process/watchdog.js'
import { dumpState, reorganise, revertTo, setForward, snapshot, withFile } from './anvil-state.js'

export interface AnvilOptions {
  /** (default: a free one) */
  readonly port?: number
  readonly chainId?: number
  /** seconds between blocks (default: each transaction gets a block of its own) */
  readonly blockTime?: number
  /** any text, which the accounts' keys follow from */
  readonly seed?: string
  /** the EVM's rules; tests run the contracts under older ones */
  readonly hardfork?: 'osaka' | 'cancun' | undefined
  /** how many funded accounts (default: 10) */
  readonly accounts?: number
  readonly watchdog?: Watchdog
}

export interface Anvil {
  readonly rpcUrl: string
  /** lower-case address and private key of each funded account */
  readonly accounts: readonly { readonly address: string; readonly privateKey: string }[]
  /** Rejects with a sentence if the process ends although nobody here ended it; never resolves. */
  readonly died: Promise<never>
  /** Stops the process until `resume`. */
  pause(): void
  resume(): void
  /** Ends the process as a power cut does. Its blocks are kept. */
  kill(): Promise<void>
  /** After `kill`: the same chain at the same URL. */
  startAgain(): Promise<void>
  /** Sets its clock forward, for good. The next block has the new time, and is there when this returns. */
  setForward(seconds: number): Promise<void>
  /** Replaces so many of the newest blocks by empty ones, with the same times. Their transactions are lost. */
  reorganise(blocks: number): Promise<void>
  /** @returns what `revert` takes, once */
  snapshot(): Promise<string>
  /** Goes back to a snapshot, and to a time no earlier than that of its newest block. Later snapshots are lost. */
  revert(snapshot: string, nowMs: number): Promise<void>
  /** Resolves when the process has ended. */
  stop(): Promise<void>
}

/** A test network without its chain is over. */
export class ChainDied extends Error {}

const DEVNET_CHAIN_ID = 31_337
const DEFAULT_ACCOUNTS = 10
/** Ether of each account: more than any run spends. */
const BALANCE = 1_000_000
/** Anvil takes well under a second, on a machine that has one to spare. */
const LISTEN_MS = 30_000
const LISTENING = /^Listening on (.+):(\d+)$/

/** The rules of a chain that a network can run on. */
export const chainFlags = ({
  chainId,
  hardfork = 'osaka',
  blockTime,
}: Pick<AnvilOptions, 'hardfork' | 'blockTime'> & { readonly chainId: number }): string[] => [
  ...['--chain-id', String(chainId), '--hardfork', hardfork, '--enable-tx-gas-limit', '--order', 'fifo'],
  ...(blockTime === undefined ? [] : ['--block-time', String(blockTime)]),
]

/** @throws Error with one line that says why the chain cannot start, and what to do */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const count = options.accounts ?? DEFAULT_ACCOUNTS
  const mnemonic = Mnemonic.fromEntropy(fromHex(keccakText(`bandwitness anvil ${options.seed ?? ''}`)).slice(0, 16))
  const argv = [
    ...[anvilBinary(), '--host', '127.0.0.1'],
    ...chainFlags({ ...options, chainId: options.chainId ?? DEVNET_CHAIN_ID }),
    ...['--balance', String(BALANCE), '--accounts', String(count), '--mnemonic', mnemonic.phrase],
  ]
  // Anvil keeps states of old blocks on disk, hundreds of megabytes in a long run, and leaves them in the home folder.
  const states = await mkdtemp(join(tmpdir(), 'bandwitness-states-'))
  options.watchdog?.temporary(states)
  argv.push('--cache-path', states)
  const death = Promise.withResolvers<never>()
  death.promise.catch(() => undefined) // a caller may ignore `died`
  const start = async (port: number, more: readonly string[]) => {
    const started = await startProcess([...argv, '--port', String(port), ...more], port, options.watchdog)
    const { ended, said } = started.child
    void ended.then(end => {
      const why = said.at(-1) ? `: ${said.at(-1)}` : ''
      if (!end.wanted) death.reject(new ChainDied(`The chain ${describeEnd(end)}${why}.`))
    })
    return started
  }
  let { child, listening } = await start(options.port ?? 0, [])
  const rpcUrl = `http://127.0.0.1:${listening}`
  let state: Buffer | undefined
  return {
    rpcUrl,
    accounts: accountsOf(mnemonic, count),
    died: death.promise,
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    kill: async () => {
      state = await dumpState(rpcUrl)
      await child.end()
    },
    startAgain: () =>
      withFile(state!, async path => {
        child = (await start(listening, ['--load-state', path])).child
      }),
    setForward: seconds => setForward(rpcUrl, seconds),
    snapshot: () => snapshot(rpcUrl),
    revert: (id, nowMs) => revertTo(rpcUrl, { id, nowMs, blockTime: options.blockTime ?? 0 }),
    reorganise: blocks => reorganise(rpcUrl, blocks, options.blockTime ?? 0),
    stop: async () => {
      await child.end()
      await rm(states, { recursive: true, force: true })
    },
  }
}

async function startProcess(argv: readonly string[], port: number, watchdog: Watchdog | undefined) {
  // The chain holds nothing that is worth a clean end, and on SIGTERM it waits for open connections.
  const child = ChildProcess.start({ name: 'anvil', argv, watchdog, farewell: 'SIGKILL' })
  const listening = await listeningPort(child, port)
  child.forEachLine(() => {}) // a full pipe would stop the chain
  return { child, listening }
}

/** The binary for this machine, as installed with `@foundry-rs/anvil`. */
export function anvilBinary(): string {
  return platformBinary('anvil')
}

/** @throws UserError if the platform package is not installed */
export function platformBinary(tool: 'anvil' | 'forge'): string {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch
  try {
    // The package that depends on it finds it, wherever an installer has put the two.
    const launcher = createRequire(import.meta.url).resolve(`@foundry-rs/${tool}/package.json`)
    return createRequire(launcher).resolve(`@foundry-rs/${tool}-${process.platform}-${cpu}/bin/${tool}`)
  } catch (cause) {
    throw new UserError(
      'configuration',
      `There is no ${tool} for ${process.platform}-${cpu} beside this package. Install it again without --omit=optional.`,
      { cause },
    )
  }
}

async function listeningPort(child: ChildProcess, wanted: number): Promise<number> {
  try {
    return Number(await child.find(line => LISTENING.exec(line)?.[2], LISTEN_MS, 'was not listening'))
  } catch (error) {
    const reason = child.said.some(line => /in use/i.test(line))
      ? `port ${wanted} is in use: choose another, or 0 for a free one`
      : (error as Error).message
    throw new Error(`cannot start the chain: ${reason}`)
  }
}

function accountsOf(mnemonic: Mnemonic, count: number): { address: string; privateKey: string }[] {
  const parent = HDNodeWallet.fromMnemonic(mnemonic, "m/44'/60'/0'/0")
  return Array.from({ length: count }, (_, i) => {
    const { address, privateKey } = parent.deriveChild(i)
    return { address: address.toLowerCase(), privateKey }
  })
}
