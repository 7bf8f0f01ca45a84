/** The best lab that this machine can have. */
import { InProcessLab } from './in-process-lab.js'
import type { Lab } from './lab.js'
import { NamespaceLab } from './namespace-lab.js'

export async function openLab(): Promise<Lab> {
  try {
    return await NamespaceLab.open()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    console.error(`no namespaces here: ${reason}. What follows runs inside this process.`)
    return InProcessLab.open()
  }
}
