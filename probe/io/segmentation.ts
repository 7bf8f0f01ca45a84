/**
 * Segmentation offload of UDP (Linux 5.0): one large message stands for a train of datagrams of one length, of which only
 * the last may be shorter. The kernel cuts a train up late (UDP_SEGMENT), and joins what arrives together (UDP_GRO).
 */
import type { Native } from './native.js'

export const SOL_UDP = 17
export const UDP_SEGMENT = 103
export const UDP_GRO = 104

/** @returns whether the kernel knows UDP_SEGMENT */
export const canSegment = (native: Native, fd: number): boolean =>
  native.getsockopt(fd, SOL_UDP, UDP_SEGMENT, new Int32Array(1), Uint32Array.of(4)) === 0

/** From now on the socket gets trains. @returns whether the kernel knows UDP_GRO */
export const joinArrivals = (native: Native, fd: number): boolean =>
  native.setsockopt(fd, SOL_UDP, UDP_GRO, Int32Array.of(1), 4) === 0
