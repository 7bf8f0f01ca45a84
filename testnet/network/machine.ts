/** How fast this machine is, by a short measurement before a run. */
import { availableParallelism } from 'node:os'
import { toHex } from '../../proto/hex.js'
import { BatchChecks } from '../../verifier/bls/check.js'
import { BlsSigner } from '../../verifier/bls/signer.js'

export interface Machine {
  /** processors that this process may use */
  readonly cores: number
  /** how long one of them takes to check a BLS signature, which stands for all other work, ms */
  readonly checkMs: number
}

/** Two cores of a small server. The costs in `carried.ts` are estimates for it. */
export const USUAL_MACHINE: Machine = { cores: 2, checkMs: 1.5 }

/** The fastest of several spells counts, in processor time: whatever else runs for a moment makes the machine no slower. */
const SPELLS = 6
const CHECKS_A_SPELL = 16
const KEY = `0x${'11'.repeat(32)}` as const
const DIGEST = `0x${'22'.repeat(32)}` as const

/** Blocks this thread for about 0.15 s. */
export function measureMachine(): Machine {
  const signer = new BlsSigner(KEY)
  const checks = new BatchChecks()
  const one = { keys: [toHex(signer.publicKey128)], digest: DIGEST, signature: signer.sign(DIGEST) }
  const spell = () => {
    const before = process.cpuUsage()
    for (let i = 0; i < CHECKS_A_SPELL; i++) checks.check([one])
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000 / CHECKS_A_SPELL
  }
  return { cores: availableParallelism(), checkMs: Math.min(...Array.from({ length: SPELLS }, spell)) }
}
