/**
 * The C library's socket calls, through koffi, for little-endian Linux with 64-bit pointers. Structures are laid out by
 * hand in buffers that never move, so a call passes addresses alone.
 */
import { endianness } from 'node:os'

export interface Native {
  socket(family: number, type: number, protocol: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number
  setsockopt(fd: number, level: number, name: number, value: Int32Array, length: number): number
  getsockopt(fd: number, level: number, name: number, value: Int32Array, length: Uint32Array): number
  recvmmsg(fd: number, headers: number, count: number, flags: number, timeout: number): number
  sendmmsg(fd: number, headers: number, count: number, flags: number): number
  inetPton(family: number, text: string, bytes: Uint8Array): number
  clockGettime(clock: number, time: Uint32Array): number
  close(fd: number): number
  /** error number of the last call */
  errno(): number
  /** the address of a buffer's memory, which must not be on the JavaScript heap */
  addressOf(bytes: ArrayBufferView): number
  /** Calls back whenever there is something to read. */
  watch(fd: number, onReadable: () => void): Watch
}

export interface Watch {
  pause(): void
  resume(): void
  close(): void
}

/** koffi's own scratch memory: no call here passes a structure by value, or a string longer than an address. */
const STACK_BYTES = 256 << 10
const HEAP_BYTES = 64 << 10

let loading: Promise<Native | undefined> | undefined

/** @returns undefined on another platform, or if koffi, an optional dependency, is not installed */
export function loadNative(): Promise<Native | undefined> {
  loading ??= load().catch(() => undefined)
  return loading
}

async function load(): Promise<Native | undefined> {
  if (process.platform !== 'linux' || endianness() !== 'LE') return undefined
  const { default: koffi } = await import('koffi')
  if (koffi.sizeof('void *') !== 8) return undefined
  koffi.config({ sync_stack_size: STACK_BYTES, sync_heap_size: HEAP_BYTES })
  const libc = koffi.load(null)
  return {
    socket: libc.func('int socket(int, int, int)'),
    bind: libc.func('int bind(int, const void *, uint32_t)'),
    getsockname: libc.func('int getsockname(int, void *, void *)'),
    setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)'),
    getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)'),
    recvmmsg: libc.func('int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)'),
    sendmmsg: libc.func('int sendmmsg(int, uintptr_t, uint32_t, int)'),
    inetPton: libc.func('int inet_pton(int, const char *, void *)'),
    clockGettime: libc.func('int clock_gettime(int, void *)'),
    close: libc.func('int close(int)'),
    errno: () => koffi.errno(),
    addressOf: bytes => Number(koffi.address(bytes)),
    watch: (fd, onReadable) => {
      const handle = koffi.node.poll(fd, { readable: true }, onReadable)
      return {
        pause: () => handle.stop(),
        resume: () => handle.start({ readable: true }, onReadable),
        close: () => {
          handle.stop()
          handle.close()
        },
      }
    },
  }
}
