/** The data plane's worker. The main thread opens, calls and closes its objects (see host.ts for that end). */
import '../../proto/polyfill.js'
import { setImmediate } from 'node:timers/promises'
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

// The main thread ends the process with this error. If the error ended this thread, open ports would crash the process first.
process.on('uncaughtException', error => reply({ kind: 'crashed', error }))

main.on('message', (request: Request) => {
  if (request.kind === 'end') {
    void end(request.done)
    return
  }
  handle(request).then(
    value => reply({ kind: 'value', call: request.call, value }),
    (error: unknown) => reply({ kind: 'failed', call: request.call, failure: failureOf(error) }),
  )
})

async function handle(request: Exclude<Request, { kind: 'end' }>): Promise<unknown> {
  const { id } = request
  if (request.kind === 'open') {
    const object = await OPEN[request.what](request.options as never, event => reply({ kind: 'event', id, event }))
    objects.set(id, object)
    return object.facts
  }
  const object = objects.get(id) as unknown as Record<string, (...args: unknown[]) => unknown>
  if (request.method !== 'close') return object[request.method]!(...request.args)
  objects.delete(id)
  await object.close!()
  await handlesClosed()
}

async function end(done: Int32Array): Promise<void> {
  await Promise.allSettled([...objects.values()].map(object => object.close()))
  await handlesClosed()
  Atomics.store(done, 0, 1)
  Atomics.notify(done, 0)
}

/** The event loop closes handles at the end of a turn. A worker that ends before that crashes the process. */
async function handlesClosed(): Promise<void> {
  await setImmediate()
  await setImmediate()
}

function failureOf(error: unknown): { message: string; code: string | undefined } {
  const message = error instanceof Error ? error.message : String(error)
  return { message, code: error instanceof UdpPortError ? error.code : undefined }
}
