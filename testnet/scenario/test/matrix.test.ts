import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'

const folder = new URL('../../scenarios', import.meta.url)
const threats = readFileSync(new URL('../../../docs/protocol/threat-model.md', import.meta.url), 'utf8')

describe('the scenarios that ship', () => {
  it('each show a row of the threat model', () => {
    const unnamed = readdirSync(folder).filter(file => !threats.includes(`](../../testnet/scenarios/${file})`))
    expect(unnamed).to.deep.equal([])
  })
})
