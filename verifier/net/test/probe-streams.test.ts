import { expect } from 'chai'
import { MAX_INVITE_BYTES, ProbeFrame } from '../../../proto/messages.js'
import { PROBE_PROTOCOL } from '../../../proto/protocols.js'
import type { Peer } from '../libp2p.js'
import { serveProbes } from '../probe-streams.js'
import { openStream } from '../streams.js'
import { addressOf, silent, withPeers } from './network.js'

describe('probe streams', () => {
  /** Serves probes of verifiers, and says how long the messages were that the server took. */
  async function withServer(use: (verifier: Peer, stranger: Peer, server: Peer, taken: number[]) => Promise<void>) {
    await withPeers(3, async (verifier, stranger, server) => {
      const taken: number[] = []
      const isVerifier = (peerId: string) => peerId === verifier!.peerId.toString()
      const serve: Parameters<typeof serveProbes>[2] = async stream => {
        for (let bytes = await stream.receive(); bytes; bytes = await stream.receive()) {
          taken.push(bytes.length)
          await stream.send(Uint8Array.of(1))
        }
      }
      await serveProbes(server!, isVerifier, serve, silent)
      await use(verifier!, stranger!, server!, taken)
    })
  }

  const open = (from: Peer, to: Peer) =>
    openStream(from, addressOf(to), PROBE_PROTOCOL, 1024, AbortSignal.timeout(60_000))

  /** The code with which the stream breaks when it has sent messages of these lengths. */
  async function sending(from: Peer, to: Peer, lengths: readonly number[]): Promise<string> {
    const stream = await open(from, to)
    try {
      for (const length of lengths) {
        await stream.send(new Uint8Array(length))
        await stream.receive()
      }
      return 'taken'
    } catch (error) {
      return (error as { code: string }).code
    } finally {
      await stream.close()
    }
  }

  it('read nothing from a peer that is no verifier', async () => {
    await withServer(async (_, stranger, server, taken) => {
      expect(await sending(stranger, server, [10])).to.equal('broken')
      expect(taken).to.deep.equal([])
    })
  })

  it('read no long message before the invitation, and long ones after', async () => {
    await withServer(async (verifier, _, server, taken) => {
      expect(await sending(verifier, server, [MAX_INVITE_BYTES + 1])).to.equal('broken')
      expect(taken).to.deep.equal([])
      expect(await sending(verifier, server, [MAX_INVITE_BYTES, ProbeFrame.maxBytes])).to.equal('taken')
      expect(taken).to.deep.equal([MAX_INVITE_BYTES, ProbeFrame.maxBytes])
      expect(await sending(verifier, server, [1, ProbeFrame.maxBytes + 1])).to.equal('broken')
    })
  })
})
