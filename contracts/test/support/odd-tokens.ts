/** Stake tokens that a vault must refuse or serve with care; their source is contracts/test/tokens. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Interface } from 'ethers'
import type { Artifact } from '../../artifacts.js'
import { compileSources } from '../../compile.js'
import { repositoryRoot } from '../../root.js'
import { Bound, type Evm } from './evm.js'

const SOURCE = 'contracts/test/tokens/OddTokens.sol'

/** Compiles in a tenth of the time. */
const UNOPTIMIZED = { viaIR: false, optimizer: { enabled: false } }

let compiled: Record<string, Artifact> | undefined

/** The deployer of a token receives its whole supply: the largest that there can be. */
export async function deployOdd(evm: Evm, name: string, args: readonly unknown[] = []): Promise<Bound> {
  compiled ??= compileSources({ [SOURCE]: readFileSync(join(repositoryRoot(), SOURCE), 'utf8') }, UNOPTIMIZED)
  const { abi, bytecode } = compiled[name]!
  const contract = new Interface(abi)
  const data = bytecode + contract.encodeDeploy(args).slice(2)
  const { contractAddress } = await evm.send(evm.accounts[0]!, undefined, data)
  return new Bound(evm, contractAddress!, contract)
}
