/** A session by itself: what it keeps of its messages, and how it ends while a payment is looked up. */
import { randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { OpenerFrame } from '../../../proto/messages.js'
import { collectGarbage } from '../../../proto/test/garbage.js'
import type { Paid, Payments } from '../../ports.js'
import { systemClock } from '../../system.js'
import { newPeer } from '../../test/harness.js'
import { MessageQueue, streamPair } from '../../wire/local-streams.js'
import { counterSign, receiptStart } from '../../wire/receipts.js'
import { Paying } from '../paying.js'
import { RelaySession, type RelaySessionModules } from '../relay-session.js'

const HOUR_MS = 3_600_000
const nobodyPays: Payments = { accept: async () => undefined }

describe('a session of a relay', () => {
  const [sessionId, tag] = [randomBytes(32), randomBytes(8)]
  const { voucherSigner } = newPeer()
  const start = receiptStart(sessionId, tag)

  const sessionOf = (
    stream: RelaySessionModules['stream'],
    payments = nobodyPays,
    takeServed: RelaySessionModules['takeServed'] = undefined,
  ) => {
    const paying = new Paying(payments, systemClock, start)
    return new RelaySession({ sessionId, tag, stream, voucherSigner, clock: systemClock, paying, takeServed })
  }
  const payment = async () => {
    const counter = await counterSign(start, 1000, voucherSigner, { channel: randomBytes(32), total: 1000 })
    return OpenerFrame.encode({ counter })
  }

  it('attack: keeps none of its messages, however many come', async () => {
    const messages: WeakRef<Uint8Array>[] = []
    const queue = new MessageQueue()
    const stream = { send: async () => {}, receive: () => queue.take(), close: async () => {} }
    const all = Promise.withResolvers<void>()
    let count = 0
    const takeServed = async () => {
      if (++count === 1000) all.resolve()
      return true
    }
    const session = sessionOf(stream, nobodyPays, takeServed)
    const heard = session.hear(HOUR_MS, () => {})
    for (let slots = 1; slots <= 1000; slots++) {
      const bytes = OpenerFrame.encode({ served: { slots, signature: randomBytes(65) } })
      messages.push(new WeakRef(bytes))
      queue.put(bytes)
      await turn()
    }
    await all.promise
    await turn()
    collectGarbage()
    expect(messages.filter(one => one.deref() !== undefined).length).to.be.below(10)
    session.close()
    expect(await heard).to.equal(false)
  })

  it('attack: ends when its opener goes away, also while the chain is asked about payments', async () => {
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<Paid>()
    const accept = () => {
      asked.resolve()
      return answer.promise
    }
    const [mine, theirs] = streamPair('127.0.0.1')
    const session = sessionOf(theirs, { accept })
    const paid: (Paid | undefined)[] = []
    const heard = session.hear(HOUR_MS, one => paid.push(one))
    for (let i = 0; i < 3; i++) await mine.send(await payment())
    await asked.promise
    await mine.close()
    expect(await heard).to.equal(false)
    answer.resolve({ bytes: 1000, isPremium: false })
    await session.paymentsTaken
    expect(paid, 'what it paid counts all the same').to.deep.equal([{ bytes: 1000, isPremium: false }])
  })

  it('ends when its time is over, also while the chain is asked about a payment', async () => {
    const [mine, theirs] = streamPair('127.0.0.1')
    const session = sessionOf(theirs, { accept: () => new Promise(() => {}) })
    const heard = session.hear(300, () => {})
    await mine.send(await payment())
    expect(await heard).to.equal(false)
    await mine.close()
  })

  it('reads no further ahead than a few messages', async () => {
    const [mine, theirs] = streamPair('127.0.0.1')
    let read = 0
    const receive = () => {
      read++
      return theirs.receive()
    }
    const session = sessionOf({ ...theirs, receive }, { accept: () => new Promise(() => {}) })
    for (let i = 0; i < 100; i++) await mine.send(await payment())
    await turn()
    expect(read).to.be.below(40)
    await mine.close()
    session.close()
  })
})
