import { expect } from 'chai'
import { Asking } from '../asking.js'

const peer = (index: number) => ({ index })
const peers = (count: number) => Array.from({ length: count }, (_, index) => peer(index))

/** Never answers, and ends when the request is over. */
const stall = (signal: AbortSignal) =>
  new Promise<undefined>(resolve => {
    if (signal.aborted) resolve(undefined)
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })

describe('asking several peers', () => {
  it('attack: peers that stall cost nothing while one of those asked at once answers', async () => {
    const asked: number[] = []
    const answer = await new Asking().first(peers(7), 3, async ({ index }, signal) => {
      asked.push(index)
      return index < 2 ? stall(signal) : index === 4 ? 'it' : undefined
    })
    expect(answer).to.equal('it')
    expect(asked, 'in their order, and nobody once there is an answer').to.deep.equal([0, 1, 2, 3, 4])
  })

  it('asks each peer once, never more at once than allowed, and says if none has it', async () => {
    const asked: number[] = []
    let [atOnce, most] = [0, 0]
    const answer = await new Asking().first(peers(9), 4, async ({ index }) => {
      asked.push(index)
      most = Math.max(most, ++atOnce)
      await Promise.resolve()
      atOnce--
      return undefined
    })
    expect(answer).to.equal(undefined)
    expect(asked.toSorted((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(most).to.equal(4)
  })

  it('attack: a peer that stalls in a hundred requests holds four streams, and delays none of them', async () => {
    const asking = new Asking()
    const open = [0, 0]
    const most = [0, 0]
    const ask = async ({ index }: { index: number }, signal: AbortSignal) => {
      most[index] = Math.max(most[index]!, ++open[index]!)
      await Promise.resolve()
      const answer = index === 0 ? await stall(signal) : 'it'
      open[index]!--
      return answer
    }
    const answers = await Promise.all(Array.from({ length: 100 }, () => asking.first(peers(2), 2, ask)))
    expect(new Set(answers)).to.deep.equal(new Set(['it']))
    expect(most).to.deep.equal([4, 4])
  })

  it('attack: a third that holds back its ballots from all but one, and stalls, holds up a node once', async () => {
    const [liars, atOnce] = [63, 8]
    const asking = new Asking()
    const stalls: (() => void)[] = []
    const ask = async ({ index }: { index: number }) =>
      index < liars ? new Promise<undefined>(resolve => stalls.push(() => resolve(undefined))) : 'it'
    /** How often all that wait come to their time-out. */
    const timeouts = async (ballots: readonly (readonly { index: number }[])[]): Promise<number> => {
      const done = Promise.all(ballots.map(order => asking.first(order, atOnce, ask))).then(() => true)
      for (let count = 0; ; count++) {
        if (await Promise.race([done, new Promise<false>(resolve => setImmediate(resolve, false))])) return count
        for (const end of stalls.splice(0)) end()
      }
    }
    // Of every ballot all liars say that they hold it, and an honest verifier, which is asked after them.
    const ballots = Array.from({ length: liars }, (_, i) => [...peers(liars), peer(liars + i)])
    expect(await timeouts(ballots)).to.be.at.most(4)
    expect(await timeouts(ballots), 'in the next epoch').to.be.at.most(1)
  })

  it('takes the first answer, whatever comes after it', async () => {
    const late = Promise.withResolvers<string>()
    const answer = await new Asking().first(peers(2), 2, async ({ index }, signal) => {
      if (index === 1) return 'first'
      signal.addEventListener('abort', () => late.resolve('second'))
      return late.promise
    })
    expect(answer).to.equal('first')
  })

  it('has nobody to ask', async () => {
    expect(await new Asking().first([], 3, async () => 'it')).to.equal(undefined)
  })
})
