/** An exit in a process of its own: whoever opens a stream and names a seed gets a flow without end. */
import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { selfSigned } from '../../../market/exit/certificate.js'
import { TunnelSocket } from '../../../market/tunnel-socket.js'
import { systemClock, systemRandom } from '../../../probe/system.js'
import { ExitTunnels, keyPairOf, type QuicStream } from '../../../probe/tunnel/index.js'
import { Keystream } from './keystream.js'
import type { Part, RoleOptions } from './role-messages.js'
import { trailerOf } from './trailer.js'

const CHUNK_BYTES = 32 << 10
const SEED_CHARS = 32

export async function exitPart({ host }: RoleOptions): Promise<Part> {
  let tunnels: ExitTunnels | undefined
  const socket = await TunnelSocket.open({ host, port: 0, clock: systemClock }, (...datagram) =>
    tunnels?.onDatagram(...datagram),
  )
  const key = randomBytes(32)
  const { certificate, certificateKey } = selfSigned('bench')
  tunnels = await ExitTunnels.open({
    ...{ port: socket, clock: systemClock, random: systemRandom, key },
    ...{ certificate: Buffer.from(certificate), certificateKey: Buffer.from(certificateKey) },
    onTunnel: tunnel => {
      tunnel.onStream = serve
    },
  })
  const certHash = createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex')
  const publicKey = Buffer.from(keyPairOf(key).publicKey).toString('hex')
  return {
    first: { exit: { host, port: socket.port, publicKey, certHash } },
    handle: async () => ({ done: true }),
  }
}

/** The client's first 32 characters are the seed. Its end of the stream ends the flow with a line: bytes and hash. */
function serve(stream: QuicStream): void {
  let text = ''
  let flow: Keystream | undefined
  let isEnding = false
  let sent = 0
  const hash = createHash('sha256')
  const pour = () => {
    while (flow && !isEnding) {
      const chunk = flow.next(CHUNK_BYTES)
      hash.update(chunk)
      sent += chunk.length
      if (!stream.write(chunk)) return
    }
  }
  stream.on('error', () => {})
  stream.on('drain', pour)
  stream.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1')
    if (flow || text.length < SEED_CHARS) return
    flow = new Keystream(text.slice(0, SEED_CHARS))
    pour()
  })
  stream.on('end', () => {
    isEnding = true
    stream.end(trailerOf(sent, hash.digest('hex')))
  })
}
