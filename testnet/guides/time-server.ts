/** A time server on a real UDP port, as RFC 4330 says. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { TimeServer } from '../../verifier/cli/doctor/sntp.js'

const HOST = '127.0.0.1'
const NTP_TO_UNIX_SECONDS = 2_208_988_800

/** The answer of a server whose clock is this much ahead of the machine's. */
export function answerTo(request: Buffer, aheadMs: number): Buffer {
  const answer = Buffer.alloc(48)
  answer.set([0x24, 2])
  request.copy(answer, 24, 40, 48)
  const seconds = (Date.now() + aheadMs) / 1000 + NTP_TO_UNIX_SECONDS
  for (const at of [32, 40]) {
    answer.writeUInt32BE(Math.floor(seconds) % 2 ** 32, at)
    answer.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), at + 4)
  }
  return answer
}

export type Answers = (request: Buffer, from: RemoteInfo, socket: Socket) => void

/**
 * @param answers what it sends for a request (default: the time)
 * @param port (default: a free one)
 */
export async function serveTime(
  answers: Answers = (request, { port, address }, socket) => socket.send(answerTo(request, 0), port, address),
  port = 0,
): Promise<{ readonly server: TimeServer; close(): void }> {
  const socket = createSocket('udp4')
  socket.on('message', (request, from) => answers(request, from, socket))
  socket.bind(port, HOST)
  await once(socket, 'listening')
  return { server: { host: HOST, port: socket.address().port }, close: () => socket.close() }
}
