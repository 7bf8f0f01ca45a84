/**
 * The embedded chain. It starts the binary of anvil's platform package itself: a kill of the package's JavaScript
 * launcher would leave the real process behind.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { HDNodeWallet, Mnemonic } from 'ethers'
import { keccakText } from '../../proto/hash.js'
import { fromHex } from '../../proto/hex.js'

export interface AnvilOptions {
  /** 0 or undefined: a free one */
  readonly port?: number
  readonly chainId?: number
  /** seconds; without it a block is mined for each transaction */
  readonly blockTime?: number
  /** any text; fixes the accounts' keys */
  readonly seed?: string
  /** the EVM's rules; tests show what the contracts do under older ones */
  readonly hardfork?: 'osaka' | 'cancun' | undefined
  /** how many funded accounts */
  readonly accounts?: number
}

export interface Anvil {
  readonly rpcUrl: string
  readonly pid: number
  /** lower-case address and private key of each funded account */
  readonly accounts: readonly { readonly address: string; readonly privateKey: string }[]
  /** Resolves when the process has ended. */
  stop(): Promise<void>
}

const DEVNET_CHAIN_ID = 31_337
const DEFAULT_ACCOUNTS = 10
/** Ether of each account: more than any run spends. */
const BALANCE = 1_000_000
const LISTENING = /^Listening on (.+):(\d+)$/

/** Rejects with one line that says what to do when the chain cannot start. */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const port = options.port ?? 0
  const count = options.accounts ?? DEFAULT_ACCOUNTS
  const mnemonic = Mnemonic.fromEntropy(fromHex(keccakText(`bandwitness anvil ${options.seed ?? ''}`)).slice(0, 16))
  const child = spawn(
    anvilBinary(),
    [
      ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(options.chainId ?? DEVNET_CHAIN_ID)],
      ...[
        '--hardfork',
        options.hardfork ?? 'osaka',
        '--enable-tx-gas-limit',
        '--order',
        'fifo',
        '--balance',
        String(BALANCE),
      ],
      ...['--accounts', String(count), '--mnemonic', mnemonic.phrase],
      ...(options.blockTime === undefined ? [] : ['--block-time', String(options.blockTime)]),
    ],
    // Detached: the terminal's Ctrl-C must not end the chain before the nodes that need it.
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  )
  const listening = await listeningPort(child, port)
  const ended = once(child, 'exit')
  return {
    rpcUrl: `http://127.0.0.1:${listening}`,
    pid: child.pid!,
    accounts: accountsOf(mnemonic, count),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL') // it holds nothing that is worth a clean end, and SIGTERM waits for open connections
        await ended
      }
    },
  }
}

/** The binary for this machine, as installed with `@foundry-rs/anvil`. */
export function anvilBinary(): string {
  return platformBinary('anvil')
}

/** @throws if the platform package is not installed */
export function platformBinary(tool: 'anvil' | 'forge'): string {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch
  const require = createRequire(import.meta.url)
  try {
    return require.resolve(`@foundry-rs/${tool}-${process.platform}-${cpu}/bin/${tool}`)
  } catch {
    throw new Error(`no ${tool} for ${process.platform}-${cpu}: run "npm ci" again without --omit=optional`)
  }
}

async function listeningPort(child: ChildProcess, wanted: number): Promise<number> {
  let complaint = ''
  child.stderr!.on('data', chunk => {
    complaint = (complaint + chunk).slice(-1000)
  })
  const lines = createInterface({ input: child.stdout! })
  try {
    return await new Promise<number>((resolve, reject) => {
      lines.on('line', line => {
        const match = LISTENING.exec(line)
        if (match) resolve(Number(match[2]))
      })
      child.once('error', reject)
      child.once('exit', code => {
        const reason = /in use/i.test(complaint)
          ? `port ${wanted} is in use: choose another, or 0 for a free one`
          : `it ended with ${code}: ${complaint.trim().split('\n').at(-1)}`
        reject(new Error(`cannot start the chain: ${reason}`))
      })
    })
  } finally {
    lines.removeAllListeners()
    child.stdout!.resume() // a full pipe would stop the chain
  }
}

function accountsOf(mnemonic: Mnemonic, count: number): { address: string; privateKey: string }[] {
  const parent = HDNodeWallet.fromMnemonic(mnemonic, "m/44'/60'/0'/0")
  return Array.from({ length: count }, (_, i) => {
    const { address, privateKey } = parent.deriveChild(i)
    return { address: address.toLowerCase(), privateKey }
  })
}
