import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InterfaceAbi } from 'ethers'
import type { Hex } from '../proto/hex.js'
import { buildFolder } from './root.js'

export interface Artifact {
  readonly abi: InterfaceAbi
  /** creation code, without constructor arguments */
  readonly bytecode: Hex
}

/** What `compile.ts` made of a contract. @throws if it was not compiled */
export function artifact(name: string): Artifact {
  try {
    return JSON.parse(readFileSync(join(buildFolder(), `${name}.json`), 'utf8')) as Artifact
  } catch (cause) {
    throw new Error(`contract ${name} is not compiled: run "npx tsx contracts/compile.ts"`, { cause })
  }
}
