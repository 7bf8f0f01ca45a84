/** What a node has read of the chain's log, on disk. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import type { ChainEvent, Progress } from '../../core/chain-log.js'
import { databaseIn } from '../database.js'
import { KEY } from '../layout.js'
import { Store } from '../store.js'

const ACCOUNT: Hex = `0x${'b1'.repeat(20)}`
const announced = (block: number, logIndex: number, peerId: string): ChainEvent => ({
  ...{ kind: 'announced', block, logIndex },
  announcement: { role: 'verifier', index: 1, account: ACCOUNT, peerId, multiaddrs: ['/ip4/203.0.113.7/tcp/1'] },
})
const settled: ChainEvent = {
  ...{ kind: 'settled', block: 9, logIndex: 0 },
  settlement: { epoch: 3, provider: ACCOUNT, charged: 10n ** 20n, refuted: false, txHash: keccakText('settled') },
}
const posted: ChainEvent = {
  ...{ kind: 'posted', block: 10, logIndex: 2, epoch: 1 },
  ...{ headerHash: keccakText('header'), txHash: keccakText('posted') },
}
const progressTo = (number: number): Progress => ({
  network: { chainId: 31_337, contract: ACCOUNT },
  checkpoints: [{ number, hash: keccakText(`block ${number}`) }],
})

describe('the rows of the chain’s log', () => {
  let dir: string
  let store: Store
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-rows-'))
    store = await Store.open(dir, { mode: 'create' })
  })
  afterEach(async () => {
    await store.close()
    await rm(dir, { recursive: true })
  })
  const restart = async () => {
    await store.close()
    store = await Store.open(dir, { mode: 'existing' })
  }

  it('are empty at first', async () => {
    expect(await store.chainLog.readLog()).to.deep.equal({ progress: undefined, events: [] })
  })

  it('come back in the order of the log, by numbers and not by digits, also after a restart', async () => {
    const events = [announced(8, 2, 'a'), announced(8, 10, 'b'), settled, posted, announced(100, 0, 'c')]
    await store.chainLog.changeLog({ put: events.toReversed(), drop: [] }, progressTo(100))
    await restart()
    expect(await store.chainLog.readLog()).to.deep.equal({ progress: progressTo(100), events })
  })

  it('change together with the progress: puts first, then drops', async () => {
    await store.chainLog.changeLog({ put: [announced(1, 0, 'a'), announced(2, 0, 'b')], drop: [] }, progressTo(2))
    const put = [announced(3, 0, 'c'), announced(1, 0, 'd')]
    await store.chainLog.changeLog({ put, drop: [announced(2, 0, 'b'), announced(3, 0, 'c')] }, progressTo(3))
    expect(await store.chainLog.readLog()).to.deep.equal({ progress: progressTo(3), events: [announced(1, 0, 'd')] })
  })

  it('are forgotten if damage hid some of them, so that the log is read again', async () => {
    const events = [announced(8, 2, 'a'), settled, posted]
    await store.chainLog.changeLog({ put: events, drop: [] }, progressTo(10))
    await store.close()
    const db = databaseIn(join(dir, 'db'), 'existing')
    await db.open()
    await db.batch([{ type: 'del', key: KEY.event(9, 0) }])
    await db.close()
    store = await Store.open(dir, { mode: 'existing' })
    expect(await store.chainLog.readLog()).to.deep.equal({ progress: undefined, events: [] })
    await store.chainLog.changeLog({ put: [settled], drop: [] }, progressTo(9))
    await restart()
    expect(await store.chainLog.readLog()).to.deep.equal({ progress: progressTo(9), events: [settled] })
  })

  it('outlive the pruning of epochs', async () => {
    await store.chainLog.changeLog({ put: [posted], drop: [] }, progressTo(10))
    await store.prune(1_000_000)
    expect((await store.chainLog.readLog()).events).to.deep.equal([posted])
  })
})
