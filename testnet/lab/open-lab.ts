/** The best lab that this machine can have. */
import { InProcessLab } from './in-process-lab.js'
import type { Lab } from './lab.js'
import { NamespaceLab } from './namespace-lab.js'
import { whyNoNamespaces } from './support.js'

/** @param say hears why it is not the better one */
export async function openLab(say: (line: string) => void): Promise<Lab> {
  const reason = await whyNoNamespaces()
  if (reason === undefined) return NamespaceLab.open()
  say(`no lab of network namespaces: ${reason}`)
  return InProcessLab.open()
}
