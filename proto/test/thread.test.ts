/** Real threads. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { Thread, ThreadDied, ThreadEnded } from '../thread.js'

/** Answers a number with its double, throws for a negative one, and dies of 0. */
const DOUBLING = `const { parentPort } = require('node:worker_threads')
  parentPort.on('message', n => {
    if (n === 0) process.exit(7)
    parentPort.postMessage(n < 0 ? { error: new RangeError('negative') } : { answer: 2 * n })
  })`

describe('a thread', () => {
  let workers: Worker[]
  let thread: Thread<number, number>
  beforeEach(() => {
    workers = []
    thread = new Thread(() => {
      workers.push(new Worker(DOUBLING, { eval: true }))
      return workers.at(-1)!
    })
  })
  afterEach(() => thread.end())

  const outcome = (asked: Promise<number>) => asked.catch((error: Error) => error)

  it('answers in the order of the questions, and throws what it throws there', async () => {
    const [four, error, six] = await Promise.all([2, -1, 3].map(n => outcome(thread.ask(n))))
    expect([four, six]).to.deep.equal([4, 6])
    expect(error).to.be.instanceOf(RangeError).with.property('message', 'negative')
    expect(workers).to.have.length(1)
  })

  it('fails what it was asked as it dies, and another one answers what comes next', async () => {
    const ends = await Promise.all([1, 0, 2].map(n => outcome(thread.ask(n))))
    expect(ends[0]).to.equal(2)
    expect(ends[1]).to.be.instanceOf(ThreadDied)
    expect(ends[2]).to.be.instanceOf(ThreadDied)
    expect(await thread.ask(4)).to.equal(8)
    expect([workers.length, thread.deaths]).to.deep.equal([2, 1])
  })

  it('rests when it is asked nothing, which is no death', async () => {
    const waiting = thread.ask(1)
    thread.rest()
    expect(await waiting).to.equal(2)
    const exited = once(workers[0]!, 'exit')
    thread.rest()
    await exited
    expect(await thread.ask(2)).to.equal(4)
    expect([workers.length, thread.deaths]).to.deep.equal([2, 0])
  })

  it('says why it could not start', async () => {
    const broken = new Thread<number, number>(() => new Worker('throw new Error("no memory")', { eval: true }))
    expect((await outcome(broken.ask(1))) as Error).to.have.property('message', 'a thread has died: no memory')
    await broken.end()
  })

  it('refuses what waits as it ends, and what comes later', async () => {
    thread.begin()
    const waiting = outcome(thread.ask(1))
    const exited = once(workers[0]!, 'exit')
    await thread.end()
    expect(await waiting).to.be.instanceOf(ThreadEnded)
    expect(await outcome(thread.ask(1))).to.be.instanceOf(ThreadEnded)
    await exited
    expect([workers.length, thread.deaths]).to.deep.equal([1, 0])
  })
})
