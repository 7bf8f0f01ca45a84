/** Snapshots that are refused, or that fail half-way. `faults-by-hand.test.ts` takes some of a real chain and node. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Conditions } from '../../conditions/conditions.js'
import { Snapshots } from '../snapshots.js'

describe('snapshots of a network', () => {
  let directory: string
  let dataDir: string
  let chain: string[]
  let chainRefuses: boolean
  let conditions: Conditions
  let told: string[]
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-snapshots-'))
    dataDir = join(directory, 'provider-1')
    mkdirSync(dataDir)
    note('first')
    ;[chain, told] = [[], []]
    chainRefuses = false
    conditions = new Conditions()
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const note = (text: string) => writeFileSync(join(dataDir, 'note'), text)
  const noted = () => readFileSync(join(dataDir, 'note'), 'utf8')
  function open({ dataDirs = new Map([['provider-1', dataDir]]), isForeign = false } = {}): Snapshots {
    return new Snapshots({
      anvil: {
        snapshot: async () => `${chain.push('snapshot')}`,
        revert: async id => {
          if (chainRefuses) throw new Error('anvil refuses evm_revert: no')
          chain.push(`revert ${id}`)
        },
      },
      nodes: { restartAll: between => between(), dataDirs, stopped: new Set(['a']), stopOnly: async () => {} },
      observer: { skip: () => {}, mark: () => () => told.push('rewound') },
      emit: ({ event, snapshot }) => told.push(`${event} ${snapshot}`),
      clock: { genesisMs: Date.now(), epochMs: 10_000, eraEpochs: 5 },
      ...{ conditions, directory, isForeign },
    })
  }
  const complaint = (doing: Promise<unknown>) =>
    doing.then(
      () => expect.fail('it was done'),
      (error: Error) => error.message,
    )

  it('are named by their numbers, and those that are lost are none', async () => {
    const snapshots = open()
    expect(await complaint(snapshots.revert(null))).to.equal(
      'There is no snapshot. Take one with `bandwitness testnet snapshot`.',
    )
    for (const number of [1, 2, 3]) expect(await snapshots.take()).to.equal(number)
    expect(await complaint(snapshots.revert(4))).to.equal('There is no snapshot 4. There are these: 1, 2, 3.')
    await snapshots.revert(2)
    expect(await complaint(snapshots.revert(3))).to.equal('There is no snapshot 3. There are these: 1, 2.')
    expect(await snapshots.revert(null)).to.equal(2)
    expect(await snapshots.take()).to.equal(4)
    expect(readdirSync(join(directory, 'snapshots')).sort()).to.deep.equal(['1', '2', '4'])
    expect(chain).to.deep.equal([
      ...['snapshot', 'snapshot', 'snapshot'], // 1, 2, 3
      ...['revert 2', 'snapshot', 'revert 5', 'snapshot', 'snapshot'],
    ])
  })

  it('leave everything as it is if the chain does not go back, and can be tried again', async () => {
    const snapshots = open()
    await snapshots.take()
    note('second')
    conditions.stepAll(60_000)
    chainRefuses = true
    expect(await complaint(snapshots.revert(1))).to.equal('anvil refuses evm_revert: no')
    expect([noted(), conditions.of('a').clockMs, told]).to.deep.equal(['second', 60_000, ['snapshot 1']])
    chainRefuses = false
    await snapshots.revert(1)
    expect([noted(), told]).to.deep.equal(['first', ['snapshot 1', 'rewound', 'reverted 1']])
    expect(conditions.of('a').clockMs).to.be.within(-60_000, 0)
    expect(readdirSync(join(directory, 'snapshots'))).to.deep.equal(['1'])
  })

  it('are none if the data of a node cannot be copied', async () => {
    const dataDirs = new Map([['provider-1', join(directory, 'gone')]])
    const snapshots = open({ dataDirs })
    expect(await complaint(snapshots.take())).to.include('ENOENT')
    expect(await complaint(snapshots.revert(null))).to.match(/^There is no snapshot\. /)
    dataDirs.set('provider-1', dataDir)
    expect(await snapshots.take()).to.equal(2)
  })

  it('do not go back with a node that joined later, nor with what has a time of its own', async () => {
    const dataDirs = new Map([['provider-1', dataDir]])
    const snapshots = open({ dataDirs })
    await snapshots.take()
    dataDirs.set('provider-2', directory)
    expect(await complaint(snapshots.revert(1))).to.match(
      /^provider-2 joined after snapshot 1, and would be on no chain/,
    )
    const foreign = open({ isForeign: true })
    expect(await complaint(foreign.take())).to.match(/^A scenario and strangers do not go back/)
    expect(await complaint(foreign.revert(1))).to.match(/^A scenario and strangers do not go back/)
  })
})
