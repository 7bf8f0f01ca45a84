/**
 * TCP connections that this process opens, over links that can be cut or slow. On a cut link nothing is lost: bytes wait in
 * both directions, a new connection waits to be opened, and the other side does not hear of a socket that is closed.
 */
import { Socket } from 'node:net'
import type { Link } from '../condition-messages.js'
import { Line } from './line.js'

type Done = (error?: Error | null) => void

interface Handle {
  reading: boolean
  readStop(): void
  close(): void
  unref(): void
}

/** The methods of a socket that its stream calls, and the handle of the system beneath. */
interface Inner {
  _handle: Handle | null
  connecting: boolean
  connect(...args: unknown[]): Socket
  _write(chunk: Buffer | string, encoding: string, done: Done): void
  _writev(chunks: unknown, done: Done): void
  _final(done: Done): void
  _read(size: number): void
  _destroy(error: Error | null, done: Done): void
}

/** As the kernel's send buffer: so much is taken from a writer before the writer has to wait. */
const WINDOW_BYTES = 1 << 20

const { connect, _write, _writev, _final, _read, _destroy } = Socket.prototype as unknown as Inner

/** @returns what to call when links have changed */
export function conditionConnections(linkTo: (port: number) => Link): { changed(): void } {
  const all = new Set<Outgoing>()
  const patched = Socket.prototype as unknown as Inner
  patched.connect = function (this: Socket, ...args: unknown[]) {
    const open = () => void connect.apply(this as unknown as Inner, args)
    const port = portOf(args)
    if (port === undefined) open()
    else
      all.add(
        new Outgoing(
          this,
          () => linkTo(port),
          open,
          one => all.delete(one),
        ),
      )
    return this
  }
  return {
    changed: () => {
      for (const one of all) one.changed()
    },
  }
}

/** `connect` takes a port, options, or a list of both that the module has made of its arguments. */
function portOf([first]: readonly unknown[]): number | undefined {
  const options = Array.isArray(first) ? first[0] : first
  const port = typeof options === 'object' ? options?.port : options
  return port === undefined || port === null || !Number.isInteger(Number(port)) ? undefined : Number(port)
}

class Outgoing {
  readonly #inner: Inner
  readonly #up: Line
  readonly #down: Line
  #wasCut = false
  /** of a socket that was closed while the link was cut */
  #lingering: Handle | undefined

  constructor(
    private readonly socket: Socket,
    private readonly link: () => Link,
    open: () => void,
    private readonly gone: (self: Outgoing) => void,
  ) {
    this.#inner = socket as unknown as Inner
    this.#up = new Line(link)
    this.#down = new Line(link)
    this.#writeThroughLine()
    this.#readThroughLine()
    this.#inner._destroy = (error, done) => this.#destroy(error, done)
    socket.once('close', () => {
      if (this.#lingering === undefined) gone(this)
    })
    this.#wasCut = link().cut
    if (!this.#up.isOpen) this.#inner.connecting = true // so that writes wait
    this.#up.pass(() => this.#down.pass(open))
  }

  changed(): void {
    const { cut } = this.link()
    const handle = this.#inner._handle
    if (cut && !this.#wasCut && handle?.reading) {
      handle.readStop()
      handle.reading = false
    }
    if (!cut && this.#wasCut) this.#heal()
    this.#wasCut = cut
    this.#up.wake()
    this.#down.wake()
  }

  #heal(): void {
    if (this.#inner._handle && !this.#inner.connecting) this.#inner._read(0)
    if (this.#lingering === undefined) return
    this.#lingering.close()
    this.gone(this)
  }

  #writeThroughLine(): void {
    const { socket } = this
    const inner = this.#inner
    const fail = (error?: Error | null) => {
      if (error) socket.destroy(error)
    }
    inner._write = (chunk, encoding, done) => {
      const write = (data: Buffer | string, written: Done) =>
        this.#up.pass(() => _write.call(inner, data, encoding, written), data.length)
      if (this.#up.isOpen || this.#up.bytes >= WINDOW_BYTES) return write(chunk, done)
      // The writer may use its buffer again.
      write(typeof chunk === 'string' ? chunk : Buffer.from(chunk), fail)
      done()
    }
    inner._writev = (chunks, done) => this.#up.pass(() => _writev.call(inner, chunks, done))
    inner._final = done => this.#up.pass(() => _final.call(inner, done))
  }

  #readThroughLine(): void {
    const { socket } = this
    let hasRoom = true
    const push = (chunk: Buffer | null) => {
      hasRoom = Socket.prototype.push.call(socket, chunk)
      if (chunk === null) socket.read(0) // as the socket does, so that the end is seen
    }
    // The system's reader goes on while this returns true.
    socket.push = (chunk: Buffer | null) => {
      this.#down.pass(() => push(chunk), chunk?.length)
      return hasRoom && this.#down.bytes < WINDOW_BYTES
    }
    this.#inner._read = size => {
      if (!this.link().cut) _read.call(this.#inner, size)
    }
  }

  #destroy(error: Error | null, done: Done): void {
    this.#up.clear()
    this.#down.clear()
    const handle = this.#inner._handle
    if (handle && this.link().cut) {
      this.#lingering = handle
      handle.unref()
      this.#inner._handle = null
    }
    _destroy.call(this.#inner, error, done)
  }
}
