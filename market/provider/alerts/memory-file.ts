/** What `alerts` remembers from one look to the next, in a small file that is written whole. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Hex } from '../../../proto/hex.js'
import { UserError } from '../../../verifier/config/errors.js'
import { notWritten, writeWhole } from '../../../verifier/config/whole-file.js'
import { address, count, listOf } from '../../../verifier/evidence/schema/scalars.js'

const MOST_BYTES = 1 << 20

const memorySchema = z.strictObject({
  provider: address,
  /** the contract of its network's reports: another network's epochs have other numbers */
  network: address,
  standing: z
    .strictObject({
      ...{ epoch: count, scoreBps: count, breaches: count, unmeasured: count },
      penalties: listOf(z.strictObject({ epoch: count, bps: count })),
    })
    .nullable(),
  told: z.record(z.string(), count),
})
export type Memory = z.infer<typeof memorySchema>

/** @returns an empty one if there is no file. @throws UserError for a file that is not about this provider */
export async function readMemory(path: string, provider: Hex, network: Hex): Promise<Memory> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { provider, network, standing: null, told: {} }
    throw unusable(path, (cause as Error).message)
  }
  const memory = text.length > MOST_BYTES ? undefined : memorySchema.safeParse(parsed(text)).data
  if (memory === undefined) throw unusable(path, 'it is not what `alerts` wrote')
  if (memory.provider !== provider) throw unusable(path, `it is about ${memory.provider}`)
  if (memory.network !== network) throw unusable(path, 'it is about another network')
  return memory
}

/** Replaces the file. @throws UserError 'store' */
export async function writeMemory(path: string, memory: Memory): Promise<void> {
  try {
    await writeWhole(path, `${JSON.stringify(memory)}\n`, { place: 'replace' })
  } catch (cause) {
    throw notWritten(path, cause)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const unusable = (path: string, why: string): UserError =>
  new UserError('configuration', `Cannot use --state ${path}: ${why}. Name another file, or move that one away.`)
