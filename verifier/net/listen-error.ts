/** The node cannot listen on the address that its operator chose. */
export class ListenError extends Error {
  constructor(listen: readonly string[], cause: unknown) {
    super(`cannot listen on ${listen.join(', ')}: ${hintOf(cause)}`, { cause })
    this.name = 'ListenError'
  }
}

const hintOf = (cause: unknown): string =>
  String((cause as Error).message).includes('EADDRINUSE')
    ? 'the port is taken. Choose another.'
    : 'this machine does not have the address. Listen on /ip4/0.0.0.0 or /ip6/::, and pass the address that others reach it at with --announce.'
