/** How fast this machine is, by a short measurement before a run. */
import { availableParallelism } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
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

/**
 * Of several spells the upper quartile counts: on a machine with neighbours the speed changes within a second, and a run
 * meets the slow spells, too. In processor time, so that other work on this machine makes it no slower.
 */
const SPELLS = 16
const CHECKS_A_SPELL = 6
const BETWEEN_SPELLS_MS = 40
const QUANTILE = 0.75
const KEY = `0x${'11'.repeat(32)}` as const
const DIGEST = `0x${'22'.repeat(32)}` as const

/** Takes about a second, and a third of it on this thread. */
export async function measureMachine(): Promise<Machine> {
  const signer = new BlsSigner(KEY)
  const checks = new BatchChecks()
  const one = { keys: [toHex(signer.publicKey128)], digest: DIGEST, signature: signer.sign(DIGEST) }
  const times: number[] = []
  for (let spell = 0; spell < SPELLS; spell++) {
    const before = process.cpuUsage()
    for (let i = 0; i < CHECKS_A_SPELL; i++) checks.check([one])
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000 / CHECKS_A_SPELL)
    await pause(BETWEEN_SPELLS_MS)
  }
  times.sort((a, b) => a - b)
  return { cores: availableParallelism(), checkMs: times[Math.floor(QUANTILE * SPELLS)]! }
}
