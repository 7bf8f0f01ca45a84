/** The issuing of tokens: one request on each stream, and one answer. */
import type { Logger } from 'pino'
import { TokenRequest, TokenResponse } from '../../proto/messages.js'
import { TOKENS_PROTOCOL } from '../../proto/protocols.js'
import type { Peer } from './libp2p.js'
import { type Dialler, handleStreams, openStream, type PeerAddress } from './streams.js'

/** How long a peer may take to ask. */
const REQUEST_TIMEOUT_MS = 2000

/** Who asks: its peer id, which the connection has proved, and its IP address. */
export interface TokenAsker {
  readonly peerId: string
  readonly host: string
}

/** @param issue throws if the request makes no sense, which breaks the stream */
export async function serveTokens(
  peer: Pick<Peer, 'handle'>,
  issue: (request: TokenRequest, asker: TokenAsker) => Promise<TokenResponse>,
  log: Logger,
): Promise<void> {
  await handleStreams(
    peer,
    TOKENS_PROTOCOL,
    TokenRequest.maxBytes,
    async (stream, peerId) => {
      const deadline = setTimeout(() => stream.abort(new Error('no request came')), REQUEST_TIMEOUT_MS)
      const bytes = await stream.receive().finally(() => clearTimeout(deadline))
      if (bytes === undefined) return
      const response = await issue(TokenRequest.decode(bytes), { peerId, host: stream.remoteHost })
      await stream.send(TokenResponse.encode(response))
    },
    (error, peerId) => log.debug({ error: error.message, peer: peerId }, 'a request for tokens failed'),
  )
}

/** @throws StreamError if the provider cannot be reached, MessageError if its answer is malformed */
export async function requestTokens(
  peer: Dialler,
  from: PeerAddress,
  request: TokenRequest,
  signal: AbortSignal,
): Promise<TokenResponse | undefined> {
  const stream = await openStream(peer, from, TOKENS_PROTOCOL, TokenResponse.maxBytes, signal)
  try {
    await stream.send(TokenRequest.encode(request))
    const bytes = await stream.receive()
    return bytes && TokenResponse.decode(bytes)
  } finally {
    await stream.close()
  }
}
