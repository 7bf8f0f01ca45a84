/** The store must keep every acknowledged entry after the process was killed: the verifier has signed it by then. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { SigningConflict } from '../errors.js'
import { Store } from '../store.js'
import { longReport, posted } from './report-samples.js'
import { facts } from './samples.js'

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url))
const REPORT_WRITER = fileURLToPath(new URL('./report-writer.ts', import.meta.url))
const KILLED_AFTER = [1, 50, 200]

describe('a store whose process is killed', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-store-'))
    await (await Store.open(dir, { mode: 'create' })).close()
  })
  afterEach(() => rm(dir, { recursive: true }))

  /** Kills a writer after so many acknowledged entries. @returns the last acknowledged one */
  async function killed(writer: string, after: number): Promise<number> {
    const child = spawn(process.execPath, ['--import', 'tsx', writer, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    let acknowledged = -1
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line)
      if (acknowledged === after) child.kill('SIGKILL')
    }
    expect((await ended)[1]).to.equal('SIGKILL')
    return acknowledged
  }

  for (const after of KILLED_AFTER) {
    it(`has every acknowledged entry if the process is killed after ${after}`, async () => {
      const acknowledged = await killed(WRITER, after)
      expect(acknowledged).to.be.at.least(after)
      const store = await Store.open(dir, { mode: 'existing' })
      for (let i = 0; i <= acknowledged; i++) {
        expect(await store.recordSigned(`report/${i}/0`, keccakText(String(i)))).to.equal('same')
      }
      const other = await store.recordSigned(`report/${acknowledged}/0`, keccakText('other')).catch(error => error)
      expect(other).to.be.instanceOf(SigningConflict)
      await store.close()
    })
  }

  for (const after of [1, 20]) {
    it(`has every written report and all facts, whole, if the process is killed after ${after} epochs`, async () => {
      const last = await killed(REPORT_WRITER, after)
      const store = await Store.open(dir, { mode: 'existing' })
      for (let epoch = 1; epoch <= last; epoch++) {
        const report = posted(longReport(epoch, 50))
        expect(await store.getReport(report.headerHash)).to.deep.equal(report)
        expect(await store.getFacts(epoch, keccakText(`block ${epoch}`))).to.deep.equal(facts(epoch, `block ${epoch}`))
      }
      const next = await store.getReport(longReport(last + 1, 50).headerHash) // whole or not there, accepted or not yet
      expect(next?.leaves.length).to.be.oneOf([undefined, 50])
      await store.close()
    })
  }
})
