import { expect } from 'chai'
import { Lifecycle } from '../lifecycle.js'

const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error,
  )

describe('life of a node', () => {
  let closed: string[]
  let life: Lifecycle
  beforeEach(() => {
    closed = []
    life = new Lifecycle()
  })

  const open = (name: string, error?: Error) =>
    life.open(name, () => {
      closed.push(name)
      if (error !== undefined) throw error
    })

  it('closes its parts in reverse order, one after the other', async () => {
    const gate = Promise.withResolvers<void>()
    await open('first')
    await life.open('second', async () => {
      await gate.promise
      closed.push('second')
    })
    const stopped = life.stop()
    expect(closed).to.deep.equal([])
    gate.resolve()
    await stopped
    expect(closed).to.deep.equal(['second', 'first'])
  })

  it('closes the other parts if one cannot be closed, and tells of the error', async () => {
    const broken = new Error('broken')
    await open('first')
    await open('second', broken)
    await open('third')
    expect(await thrown(life.stop())).to.equal(broken)
    expect(closed).to.deep.equal(['third', 'second', 'first'])
  })

  it('tells of every error if several parts cannot be closed', async () => {
    const errors = [new Error('one'), new Error('two')]
    for (const [i, error] of errors.entries()) await open(`part ${i}`, error)
    expect(await thrown(life.stop()))
      .to.be.instanceOf(AggregateError)
      .with.deep.property('errors', errors.toReversed())
  })

  it('closes each part once, however often it is stopped', async () => {
    await open('only')
    await Promise.all([life.stop(), life.stop()])
    await life.stop()
    expect(closed).to.deep.equal(['only'])
  })

  it('rejects once, with the first failure, and may go unheard', async () => {
    const first = new Error('first')
    life.fail(first)
    life.fail(new Error('second'))
    expect(await thrown(life.failed)).to.equal(first)
  })

  it('closes what was opened if the start fails half-way, and throws the error of the start', async () => {
    const broken = new Error('no port')
    const started = Lifecycle.start(async starting => {
      await starting.open('chain', name => void closed.push(name))
      await starting.open('store', name => {
        closed.push(name)
        throw new Error('cannot close either')
      })
      await starting.open(Promise.reject<string>(broken), name => void closed.push(name))
    })
    expect(await thrown(started)).to.equal(broken)
    expect(closed).to.deep.equal(['store', 'chain'])
  })

  it('ends a start that is given up while it waits, and closes what was opened', async () => {
    const givenUp = new AbortController()
    const started = Lifecycle.start(async starting => {
      await starting.open('store', name => void closed.push(name))
      const chain = new Promise<string>((_, reject) => {
        starting.stopping.addEventListener('abort', () => reject(starting.stopping.reason))
      })
      givenUp.abort()
      await starting.open(chain, name => void closed.push(name))
    }, givenUp.signal)
    expect(await thrown(started)).to.have.property('name', 'AbortError')
    expect(closed).to.deep.equal(['store'])
  })

  it('closes a part that opens only after the stop, and starts nothing further', async () => {
    await open('chain')
    const opening = Promise.withResolvers<string>()
    const started = (async () => {
      await life.open(opening.promise, name => void closed.push(name))
      await open('never')
    })()
    await life.stop()
    expect(closed).to.deep.equal(['chain'])
    opening.resolve('store')
    expect(await thrown(started)).to.have.property('name', 'AbortError')
    expect(closed).to.deep.equal(['chain', 'store'])
  })

  it('waits for running work before it closes the parts that the work uses', async () => {
    await open('store')
    life.run(
      new Promise<void>(resolve => {
        life.stopping.addEventListener('abort', () => {
          closed.push('work')
          resolve()
        })
      }),
    )
    await life.stop()
    expect(closed).to.deep.equal(['work', 'store'])
  })

  it('fails with the error of running work, unless the work ended by the stop', async () => {
    const heard: unknown[] = []
    life.failed.catch(error => heard.push(error))
    life.run(Promise.reject(new DOMException('stopped', 'AbortError')))
    const broken = new Error('the disk is full')
    life.run(Promise.reject(broken))
    await life.stop()
    expect(heard).to.deep.equal([broken])
  })
})
