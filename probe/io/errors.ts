/** A UDP port cannot be opened. The message says what to do. */
export class UdpPortError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'UdpPortError'
  }
}

/** The system has no segmentation offload. */
export const NO_OFFLOAD = 'ENOPROTOOPT'

const HINTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: stop the program that holds it, or choose another port',
  EADDRNOTAVAIL:
    'cannot be opened, because this machine does not have the address: bind to 0.0.0.0 (or :: for IPv6), and announce the address with --udp-announce',
  [NO_OFFLOAD]:
    'cannot use segmentation offload, which needs Linux 5.0 or later and the optional dependency koffi: start without --offload',
}

/** @param code the system's name for the error, such as EADDRINUSE */
export function portError(host: string, port: number, code: string, options?: ErrorOptions): UdpPortError {
  const hint = HINTS[code] ?? `cannot be opened (${code}): choose an address of this machine and a free port`
  return new UdpPortError(code, `UDP port ${port} on ${host} ${hint}`, options)
}
