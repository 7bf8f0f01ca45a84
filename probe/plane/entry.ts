/** The data plane's worker. The main thread opens, calls and closes its objects (see host.ts for that end). */
import '../../proto/polyfill.js'
import { parentPort } from 'node:worker_threads'
import type { PortFacts } from '../io/datagram-port.js'
import { UdpPortError } from '../io/errors.js'
import type { Kind, Reply, Request } from './kinds.js'
import { Receiving } from './receiving.js'
import { Relaying } from './relaying.js'
import { Sending } from './sending.js'

type Emit = (event: unknown) => void
type Opened = { readonly facts: PortFacts; close(): Promise<void> }

const OPEN: Record<Kind, (options: never, emit: Emit) => Promise<Opened>> = {
  receiving: Receiving.open,
  relaying: Relaying.open,
  sending: Sending.open,
}

const main = parentPort!
const objects = new Map<number, Opened>()
const reply = (message: Reply): void => main.postMessage(message)

main.on('message', (request: Request) => {
  handle(request).then(
    value => reply({ kind: 'value', call: request.call, value }),
    (error: unknown) => reply({ kind: 'failed', call: request.call, failure: failureOf(error) }),
  )
})

async function handle(request: Request): Promise<unknown> {
  const { id } = request
  if (request.kind === 'open') {
    const object = await OPEN[request.what](request.options as never, event => reply({ kind: 'event', id, event }))
    objects.set(id, object)
    return object.facts
  }
  const object = objects.get(id) as unknown as Record<string, (...args: unknown[]) => unknown>
  if (request.method === 'close') objects.delete(id)
  return object[request.method]!(...request.args)
}

function failureOf(error: unknown): { message: string; code: string | undefined } {
  const message = error instanceof Error ? error.message : String(error)
  return { message, code: error instanceof UdpPortError ? error.code : undefined }
}
