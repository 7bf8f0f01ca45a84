/** Chooses a port's backend: batched system calls if the platform has them, otherwise Node's dgram. */
import type { Backend, DatagramPort, PortOptions } from './datagram-port.js'
import { DgramPort } from './dgram-port.js'
import { NO_OFFLOAD, portError } from './errors.js'
import { MmsgPort } from './mmsg-port.js'
import { loadNative } from './native.js'

/**
 * @param backend to insist on one (default: the best available).
 * @throws UdpPortError, or Error if the backend is not available
 */
export async function openPort(options: PortOptions, backend?: Backend): Promise<DatagramPort> {
  const native = backend === 'dgram' ? undefined : await loadNative()
  if (native) return new MmsgPort(native, options)
  if (backend === 'mmsg') throw new Error('the mmsg backend needs Linux and the optional dependency koffi')
  if (options.offload) throw portError(options.host, options.port, NO_OFFLOAD)
  return DgramPort.open(options)
}
