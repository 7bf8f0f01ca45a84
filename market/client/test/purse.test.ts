/** What a purse keeps on its disk, and what becomes of it if the disk does not take it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { Level } from 'level'
import { systemRandom } from '../../../probe/index.js'
import { receiptStart } from '../../../probe/wire/receipts.js'
import type { Hex } from '../../../proto/hex.js'
import { channelId } from '../../../proto/voucher.js'
import { accountOf } from '../../../verifier/chain/account.js'
import { Purse } from '../purse.js'
import { NETWORK } from './full-disk-network.js'

const PAYEE: Hex = `0x${'a1'.repeat(20)}`
const MAIN = fileURLToPath(new URL('full-disk-main.ts', import.meta.url))
/** No file may grow beyond some tens of kilobytes, as if the disk were full. */
const FULL = 'trap "" XFSZ; ulimit -S -f 64; exec "$@"'

describe('a purse', () => {
  let path: string
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'bandwitness-purse-'))
  })
  afterEach(() => rm(path, { recursive: true }))

  const key = Wallet.createRandom().privateKey as Hex
  const channel = { number: 1, payer: PAYEE, payee: PAYEE, signer: accountOf(key), price: 1024n }
  const id = channelId(NETWORK, channel)
  const opened = { id, channel, deposit: 1_000_000n, isPremium: false }
  const terms = { payee: PAYEE, deposit: 7n, isPremium: false }
  const point = () => receiptStart(systemRandom.bytes(32), systemRandom.bytes(8))

  async function during<T>(work: (purse: Purse) => Promise<T>): Promise<T> {
    const purse = await Purse.open(path, NETWORK)
    try {
      return await work(purse)
    } finally {
      await purse.close()
    }
  }

  it('keeps a planned channel until it is opened, and an opened one once', async () => {
    const signer = await during(purse => purse.plan(key, terms))
    await during(async purse => {
      expect(purse.planned).to.have.length(1)
      expect(purse.planned[0]).to.include({ signer, payee: PAYEE, deposit: 7n })
      expect(await Promise.all([purse.adopt(opened), purse.adopt(opened)])).to.have.members([true, false])
      await purse.pay(id, point(), 2000, 2000)
      expect(await purse.adopt(opened), 'what was signed stays').to.equal(false)
    })
    await during(async purse => {
      expect(purse.planned).to.deep.equal([])
      expect(purse.channels.map(({ total }) => total)).to.deep.equal([2000])
      const other = { ...opened, id: `0x${'0b'.repeat(32)}` as Hex, channel: { ...channel, signer: PAYEE } }
      expect(await purse.adopt(other), 'of another signer').to.equal(false)
    })
  })

  it('of an older client opens, and holds what it held', async () => {
    const level = new Level<Hex, unknown>(path, { valueEncoding: 'json' })
    const row = { channel: { ...channel, price: '1024' }, deposit: '40', key, isPremium: true, total: 5 }
    await level.put(id, row)
    await level.close()
    const [held] = await during(async purse => purse.channels)
    expect(held).to.deep.include({ id, channel, deposit: 40n, isPremium: true, total: 5, standing: 'open' })
  })

  it('raises a deposit, and never lowers it', async () => {
    await during(async purse => {
      await purse.keep(opened, key)
      await purse.raise(id, 2_000_000n)
      await purse.raise(id, 1_500_000n)
      expect(purse.channels[0]!.deposit).to.equal(2_000_000n)
    })
  })

  it('that cannot be written signs no more, says so once, and has forgotten nothing that it signed', async () => {
    await during(purse => purse.keep(opened, key))
    const argv = ['--import=tsx/esm', '--import=./proto/polyfill.ts', MAIN, path]
    const child = spawn('sh', ['-c', FULL, 'sh', process.execPath, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')])
    const { signed, refused, faults } = JSON.parse(said)
    expect(signed).to.be.above(10)
    expect(refused).to.deep.equal(Array(21).fill('store'))
    expect(faults).to.deep.equal(['store'])
    const [held] = await during(async purse => purse.channels)
    expect(held!.total).to.equal(signed)
  })
})
