/** Which backend a port gets: batched system calls wherever they are to be had, Node's dgram everywhere else. */
import type { Backend, DatagramPort, PortOptions } from './datagram-port.js'
import { DgramPort } from './dgram-port.js'
import { MmsgPort } from './mmsg-port.js'
import { loadNative } from './native.js'

/** @param backend to insist on one. @throws UdpPortError */
export async function openPort(options: PortOptions, backend?: Backend): Promise<DatagramPort> {
  const native = backend === 'dgram' ? undefined : await loadNative()
  if (native) return new MmsgPort(native, options)
  if (backend === 'mmsg') throw new Error('the mmsg backend needs Linux and the optional dependency koffi')
  return DgramPort.open(options)
}
