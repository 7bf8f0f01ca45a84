import { expect } from 'chai'
import type { Logger } from 'pino'
import { OUTCOME } from '../../../proto/vote.js'
import { OwnFaults } from '../own-faults.js'

describe('own faults', () => {
  const logged: string[] = []
  const note = (fields: object | string, text?: string) => logged.push(text ?? String(fields))
  const log = { warn: note, info: note } as unknown as Logger
  let nowMs: number
  let faults: OwnFaults
  beforeEach(() => {
    logged.length = 0
    nowMs = 1_800_000_000_000
    faults = new OwnFaults({ wall: { nowMs: () => nowMs }, log })
  })
  const blocks = (count: number, ageMs: number) => {
    for (let i = 0; i < count; i++) {
      nowMs += 1000
      faults.sawBlock(nowMs - ageMs)
    }
  }

  it('name a clock that is off as long as it is, and log it once', () => {
    blocks(30, -2_500)
    expect(faults.sentences.join()).to.match(/clock of this machine is at least 2\.5 s behind/)
    expect(faults.blockAgeMs).to.equal(-2_500)
    expect(logged).to.deep.equal([faults.sentences[0]])
    nowMs += 60_000
    blocks(12, 200)
    expect(faults.sentences).to.deep.equal([])
    expect(logged).to.have.length(2)
  })

  it('name an epoch in which nothing was measured, until one is', () => {
    const [none, some] = [{ outcome: OUTCOME.noData }, { outcome: OUTCOME.dead }]
    faults.voted(5, [none, none])
    expect(faults.sentences.join()).to.match(/measure none of its 2 providers in epoch 5: look at its clock/)
    faults.voted(6, [none, some])
    expect(faults.sentences).to.deep.equal([])
    faults.voted(7, []) // assigned to nobody
    expect(faults.sentences).to.deep.equal([])
  })
})
