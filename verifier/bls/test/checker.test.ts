/** The checker and its worker: real threads. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { workerFile } from '../../../proto/worker-file.js'
import type { Check } from '../check.js'
import { Checker, CheckerEnded } from '../checker.js'
import { idOf } from '../verdicts.js'
import { BlsVerifier } from '../verifier.js'
import { keyOf, signed, wrong } from './signed.js'

describe('the checker of signatures', () => {
  let checker: Checker
  let verifier: BlsVerifier
  let workers: Worker[]
  const start = () => {
    const { url, ...options } = workerFile(new URL('../checker.ts', import.meta.url).href, 'worker')
    const worker = new Worker(url, options)
    workers.push(worker)
    return worker
  }
  beforeEach(() => {
    workers = []
    checker = new Checker(start)
    verifier = new BlsVerifier(checker)
  })
  afterEach(() => verifier.end())

  const ask = (check: Check, peer = 'a') => checker.check(idOf(check), check, peer)
  const verify = ({ keys, digest, signature }: Check, peer?: string) =>
    verifier.verify(keys[0]!, digest, signature, peer)

  it('gathers what is asked while it is busy into batches, and answers each', async () => {
    const checks = Array.from({ length: 70 }, (_, i) => (i === 20 ? wrong(20) : signed(i % 64, `text ${i}`)))
    const first = ask(signed(0))
    await new Promise(setImmediate) // it goes alone
    const verdicts = await Promise.all([first, ...checks.map(check => ask(check))])
    expect(verdicts).to.deep.equal([true, ...checks.map((_, i) => i !== 20)])
    expect(checker.counts.batches).to.deep.equal({ '1': 1, '2-7': 1, '8-63': 0, '64': 1 })
    expect([checker.counts.verified, checker.counts.refused, checker.waiting]).to.deep.equal([70, 1, 0])
    expect(checker.counts.ms).to.be.above(0)
  })

  it('answers each peer in the order of its checks, and lets no peer wait for another with many', async () => {
    const order: string[] = []
    const noted = (name: string, check: Check, peer: string) => ask(check, peer).then(() => order.push(name))
    const liar = Array.from({ length: 128 }, (_, i) => noted(`liar ${i}`, signed(i % 64, `lie ${i}`), 'liar'))
    const honest = [0, 1].map(i => noted(`honest ${i}`, signed(i, `truth ${i}`), 'honest'))
    await Promise.all(honest)
    expect(order.length, 'not for the whole line').to.be.at.most(64)
    expect(order.indexOf('honest 0')).to.be.below(order.indexOf('honest 1'))
    await Promise.all(liar)
    const ofLiar = order.filter(name => name.startsWith('liar'))
    expect(ofLiar).to.deep.equal(Array.from({ length: 128 }, (_, i) => `liar ${i}`))
  })

  it('checks once what two peers have sent, in the turn of the first of them', async () => {
    const order: string[] = []
    const liar = Array.from({ length: 100 }, (_, i) => ask(signed(i % 64, `lie ${i}`), 'liar'))
    const shared = signed(1, 'shared')
    const asked = [ask(shared, 'liar'), ask(shared, 'honest')].map((one, i) => one.then(() => order.push(`${i}`)))
    void Promise.all(liar).then(() => order.push('all lies'))
    await Promise.all([...asked, ...liar])
    expect(order.slice(0, 2)).to.deep.equal(['0', '1'])
    expect(checker.counts.verified).to.equal(101)
  })

  it('remembers what was right, and checks again what was wrong', async () => {
    const [right, lie] = [signed(2), wrong(3)]
    for (let i = 0; i < 3; i++) expect([await verify(right), await verify(lie)]).to.deep.equal([true, false])
    const { verified, refused, remembered } = verifier.counts
    expect({ verified, refused, remembered }).to.deep.equal({ verified: 1, refused: 3, remembered: 2 })
    expect(await verifier.verify(keyOf(4), right.digest, right.signature), 'of another key').to.equal(false)
  })

  it('refuses a signature of another length, and a signature of nobody, without asking the worker', async () => {
    const { digest, signature } = signed(0)
    expect(await verifier.verify(keyOf(0), digest, signature.subarray(1))).to.equal(false)
    expect(await verifier.fastAggregateVerify([], digest, signature)).to.equal(false)
    expect(workers).to.deep.equal([])
  })

  it('sends a signature alone, and not the message around it', async () => {
    const { keys, digest, signature } = signed(5)
    const message = new Uint8Array(1 << 20)
    message.set(signature, 1000)
    expect(await verify({ keys, digest, signature: message.subarray(1000, 1096) })).to.equal(true)
    expect(message.buffer.byteLength, 'still ours').to.equal(1 << 20)
  })

  it('starts another worker for one that died, and repeats its checks', async () => {
    expect(await verify(signed(0))).to.equal(true)
    const checks = [signed(1), wrong(2), signed(3)]
    const verdicts = Promise.all(checks.map(check => verify(check)))
    await new Promise(setImmediate) // they are at the worker
    await workers[0]!.terminate()
    expect(await verdicts).to.deep.equal([true, false, true])
    expect([workers.length, verifier.counts.deaths]).to.deep.equal([2, 1])
    const gone = once(workers[1]!, 'exit')
    await workers[1]!.terminate() // while nothing waits
    await gone
    expect(await verify(signed(4))).to.equal(true)
  })

  it('gives up a batch whose workers die, with the reason, and goes on with the next', async () => {
    let isBroken = true
    const broken = () => new Worker('throw new Error("no memory")', { eval: true })
    checker = new Checker(() => (isBroken ? broken() : start()))
    verifier = new BlsVerifier(checker)
    const error = await verify(signed(0)).catch(error => error)
    expect(error.message).to.equal('The worker that checks BLS signatures died 3 times of the same checks.')
    expect(error.cause.message).to.equal('no memory')
    isBroken = false
    expect(await verify(signed(0))).to.equal(true)
  })

  it('ends with what waits, and then refuses with a sentence', async () => {
    expect(await verify(signed(0))).to.equal(true)
    const waiting = [1, 2].map(i => verify(signed(i)).catch(error => error))
    await new Promise(setImmediate)
    const exited = once(workers[0]!, 'exit')
    await verifier.end()
    await exited
    for (const error of [...(await Promise.all(waiting)), await verify(signed(3)).catch(error => error)]) {
      expect(error).to.be.instanceOf(CheckerEnded).with.property('name', 'AbortError')
      expect(error.message).to.equal('The checker of BLS signatures has ended; it checks nothing more.')
    }
    expect(workers).to.have.length(1)
  })
})
