/** Whether the relay's port can open as `provider run --offload` opens it. */
import { systemClock } from '../../../probe/index.js'
import { UdpPortError } from '../../../probe/io/errors.js'
import { openPort } from '../../../probe/io/open-port.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { bad, good } from '../finding.js'

export async function offloadFinding(host: string): Promise<Finding> {
  try {
    const port = await openPort({ host, port: 0, headerBytes: 0, clock: systemClock, offload: true, onBatch: () => {} })
    await port.close()
    return good('offload', 'the kernel joins and cuts datagrams')
  } catch (error) {
    if (!(error instanceof UdpPortError)) throw error
    return bad(
      'offload',
      'this system has no segmentation offload',
      'Start without --offload, or on Linux 5.0 or later.',
    )
  }
}
