/**
 * The main thread's end of the data plane. One worker does all datagram work of a process. The worker starts with the
 * first open object and ends with the last. An error that the worker does not handle ends the process, because a node
 * without its data plane measures nothing.
 */
import { Worker } from 'node:worker_threads'
import { workerFile } from '../../proto/worker-file.js'
import type { PortFacts } from '../io/datagram-port.js'
import { UdpPortError } from '../io/errors.js'
import { loadNative } from '../io/native.js'
import type { Failure, Kind, Kinds, Reply, Request } from './kinds.js'

function startWorker(): Worker {
  const { url, ...options } = workerFile(import.meta.url, 'entry')
  return new Worker(url, options)
}

/** How long an exiting process waits for its worker, which may hang. */
const END_MS = 1000

type Methods<K extends Kind> = Kinds[K]['object']
type MethodName<K extends Kind> = {
  [M in keyof Methods<K>]: Methods<K>[M] extends (...args: never[]) => unknown ? M : never
}[keyof Methods<K>] &
  string
type Arguments<F> = F extends (...args: infer A) => unknown ? A : never
type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never

/** The main thread's handle of an object in the worker. */
export class Remote<K extends Kind> {
  readonly facts: PortFacts
  readonly #plane: Plane
  readonly #id: number
  #closed: Promise<void> | undefined

  constructor(plane: Plane, id: number, facts: PortFacts) {
    this.#plane = plane
    this.#id = id
    this.facts = facts
  }

  /** The worker carries out calls in the order in which they are made. Rejects once the object is closed. */
  call<M extends MethodName<K>>(method: M, ...args: Arguments<Methods<K>[M]>): Promise<Result<Methods<K>[M]>> {
    if (this.#closed) return Promise.reject(new Error('the port is closed'))
    return this.#plane.call(this.#id, method, args) as Promise<Result<Methods<K>[M]>>
  }

  /** As `call`, if nobody needs the answer. Does nothing once the object is closed. */
  tell<M extends MethodName<K>>(method: M, ...args: Arguments<Methods<K>[M]>): void {
    if (!this.#closed) void this.call(method, ...args)
  }

  get isClosed(): boolean {
    return this.#closed !== undefined
  }

  close(): Promise<void> {
    this.#closed ??= this.#plane.close(this.#id)
    return this.#closed
  }
}

let current: Plane | undefined

/** @throws UdpPortError */
export async function openRemote<K extends Kind>(
  what: K,
  options: unknown,
  onEvent: (event: Kinds[K]['event']) => void,
): Promise<Remote<K>> {
  // Node unmaps a native library with the last thread that loaded it, and closes that thread's handles after it. The handles
  // of a worker that ends with an open port would then call unmapped code, so this thread holds the library as well.
  await loadNative()
  current ??= new Plane()
  return current.open(what, options, onEvent as (event: unknown) => void)
}

class Plane {
  readonly #worker = startWorker()
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  readonly #listeners = new Map<number, (event: unknown) => void>()
  #calls = 0
  #ids = 0

  constructor() {
    this.#worker.on('message', (reply: Reply) => this.#onReply(reply))
    process.on('exit', this.#end)
    this.#worker.once('exit', () => process.off('exit', this.#end))
  }

  async open<K extends Kind>(what: K, options: unknown, onEvent: (event: unknown) => void): Promise<Remote<K>> {
    const id = ++this.#ids
    this.#listeners.set(id, onEvent)
    try {
      const facts = await this.#ask(call => ({ kind: 'open', id, what, options, call }))
      return new Remote<K>(this, id, facts as PortFacts)
    } catch (error) {
      await this.#forget(id)
      throw error
    }
  }

  call(id: number, method: string, args: readonly unknown[]): Promise<unknown> {
    return this.#ask(call => ({ kind: 'call', id, method, args, call }))
  }

  async close(id: number): Promise<void> {
    await this.call(id, 'close', [])
    await this.#forget(id)
  }

  #ask(request: (call: number) => Request): Promise<unknown> {
    const call = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#pending.set(call, { resolve, reject })
      this.#worker.postMessage(request(call))
    })
  }

  async #forget(id: number): Promise<void> {
    this.#listeners.delete(id)
    if (this.#listeners.size > 0) return
    // The next object starts a worker of its own.
    if (current === this) current = undefined
    await this.#worker.terminate()
  }

  /**
   * A worker that is ended with an open port calls back from native code into an environment that is gone. Then the process
   * ends by a signal, whatever its exit code was to be.
   */
  readonly #end = (): void => {
    const done = new Int32Array(new SharedArrayBuffer(4))
    this.#worker.postMessage({ kind: 'end', done } satisfies Request)
    Atomics.wait(done, 0, 0, END_MS)
  }

  #onReply(reply: Reply): void {
    if (reply.kind === 'crashed') throw reply.error
    if (reply.kind === 'event') {
      this.#listeners.get(reply.id)?.(reply.event)
      return
    }
    const waiting = this.#pending.get(reply.call)!
    this.#pending.delete(reply.call)
    if (reply.kind === 'value') waiting.resolve(reply.value)
    else waiting.reject(errorOf(reply.failure))
  }
}

const errorOf = ({ message, code }: Failure): Error =>
  code === undefined ? new Error(message) : new UdpPortError(code, message)
