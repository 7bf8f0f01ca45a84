/** A session's messages over a plain TCP connection: length 4, message. It stands for a stream of libp2p. */
import type { Socket } from 'node:net'
import type { ProviderStream } from '../../probe/ports.js'
import { MessageQueue } from '../../probe/wire/local-streams.js'

const LENGTH_BYTES = 4

export function framed(socket: Socket): ProviderStream {
  const incoming = new MessageQueue()
  let waiting = Buffer.alloc(0)
  let isEnded = false
  const end = () => {
    isEnded = true
    incoming.end()
  }
  socket.setNoDelay(true)
  socket.on('data', bytes => {
    waiting = Buffer.concat([waiting, bytes])
    while (!isEnded && waiting.length >= LENGTH_BYTES) {
      const next = LENGTH_BYTES + waiting.readUInt32BE(0)
      if (waiting.length < next) break
      incoming.put(Uint8Array.from(waiting.subarray(LENGTH_BYTES, next)))
      waiting = waiting.subarray(next)
    }
  })
  socket.on('error', () => {})
  socket.on('close', end)
  socket.on('end', end)
  return {
    remoteHost: socket.remoteAddress ?? '',
    send: async message => {
      if (isEnded) throw new Error('the stream is closed')
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt32BE(message.length)
      socket.write(Buffer.concat([length, message]))
    },
    receive: () => incoming.take(),
    close: async () => {
      end()
      socket.end()
    },
  }
}
