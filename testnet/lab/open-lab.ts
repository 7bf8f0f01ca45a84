/** The best lab that this machine can run. */
import { InProcessLab } from './in-process-lab.js'
import type { Lab } from './lab.js'
import { NamespaceLab } from './namespace-lab.js'
import { whyNoNamespaceLab } from './support.js'

/** @param say is told why the lab is not the better one */
export async function openLab(say: (line: string) => void): Promise<Lab> {
  const reason = await whyNoNamespaceLab()
  if (reason === undefined) return NamespaceLab.open()
  say(`no lab of network namespaces: ${reason}`)
  return InProcessLab.open()
}
