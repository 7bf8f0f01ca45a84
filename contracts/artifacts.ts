import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InterfaceAbi } from 'ethers'
import type { Hex } from '../proto/hex.js'
import { buildFolder } from './root.js'

export interface Artifact {
  readonly abi: InterfaceAbi
  /** Creation code without constructor arguments. */
  readonly bytecode: Hex
}

/** The artifact that `compile.ts` wrote for a contract. @throws Error if there is none */
export function artifact(name: string): Artifact {
  try {
    return JSON.parse(readFileSync(join(buildFolder(), `${name}.json`), 'utf8')) as Artifact
  } catch (cause) {
    throw new Error(`Contract ${name} is not compiled. Run \`npx tsx contracts/compile.ts\`.`, { cause })
  }
}
