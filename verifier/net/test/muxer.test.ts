/** Fault: a connection is lost in the moment in which somebody opens a stream over it. */
import type { MultiaddrConnection } from '@libp2p/interface'
import { expect } from 'chai'
import { muxer } from '../muxer.js'

const quiet = () => undefined
const log = Object.assign(quiet, { trace: quiet, error: quiet, newScope: () => log })

/** A connection that takes no more data, and has not told its muxer yet. */
const lost = () =>
  Object.assign(new EventTarget(), {
    ...{ status: 'open', direction: 'outbound', log },
    send: () => {
      throw Object.assign(new Error('Cannot write to a stream that is closed'), { name: 'StreamStateError' })
    },
  }) as unknown as MultiaddrConnection

describe('a stream of a connection that is lost', () => {
  it('ends with the connection, and does not end the process', async () => {
    const connection = lost()
    const stream = await muxer()().createStreamMuxer(connection).createStream()
    await new Promise(resolve => setImmediate(resolve)) // the library has announced the stream by then
    connection.dispatchEvent(new Event('close'))
    expect(stream.status).to.equal('closed')
  })
})
