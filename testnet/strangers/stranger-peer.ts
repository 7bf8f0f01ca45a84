/** A stranger's libp2p node: with a key of its own, and an address of its own to come from. */

import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { type TCPSocketOptions, tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'
import { muxer } from '../../verifier/net/muxer.js'

/** @param localAddress for outgoing connections; the option goes to `net.connect`, and libp2p's type leaves it out */
export const strangerPeer = (localAddress: string): Promise<Libp2p> =>
  createLibp2p({
    transports: [tcp({ dialOpts: { localAddress } as TCPSocketOptions })],
    connectionEncrypters: [noise()],
    streamMuxers: [muxer()],
  })
