import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** A UDP port that nobody has bound. @param host an address that no other process of the run has */
export async function freePort(host: string): Promise<number> {
  const socket = createSocket('udp4').bind(0, host)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
