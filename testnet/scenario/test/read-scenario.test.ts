import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { UserError } from '../../../verifier/config/errors.js'
import { readScenario } from '../read-scenario.js'

const SHIPPED = fileURLToPath(new URL('../../scenarios', import.meta.url))

describe('a scenario file', () => {
  let directory: string
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-test-'))
  })
  after(() => rmSync(directory, { recursive: true, force: true }))

  const read = (text: string) => {
    const path = join(directory, 'scenario.yaml')
    writeFileSync(path, text)
    return readScenario(path)
  }
  const HEAD = 'title: a\nabout: b\nepochs: 3\n'

  it('that ships can be read', () => {
    const files = readdirSync(SHIPPED)
    expect(files.length).to.be.greaterThan(0)
    for (const file of files) expect(readScenario(join(SHIPPED, file)).epochs).to.be.greaterThan(0)
  })

  it('may leave out what it does not need', () => {
    const { faults, expect: expected } = read(HEAD)
    expect(faults).to.deep.equal([])
    expect(expected).to.include({ reports: 'all', rounds: 2 })
  })

  it('takes numbers where a number is natural', () => {
    const { verifiers, faults } = read(
      `${HEAD}verifiers: 7\nfaults:\n  - rpc: { of: all, answers: 502 }\n    from: 2 reveal\n  - kill: verifier-1\n    from: start`,
    )
    expect(verifiers).to.equal('7')
    expect(faults[0]!.rpc).to.deep.equal({ of: 'all', answers: '502' })
    expect(faults[1]!.kill).to.deep.equal(['verifier-1'])
  })

  const wrong: Record<string, [text: string, says: RegExp]> = {
    'no YAML': ['{', /Cannot use scenario .*scenario\.yaml/],
    'no title': ['about: b\nepochs: 3', /at title/],
    'an unknown word': [`${HEAD}fault: []`, /Unrecognized key: "fault"/],
    'a fault of no kind': [`${HEAD}faults: [{ from: 1 }]`, /exactly one of kill, pause, .* at faults\.0/],
    'a fault of two kinds': [`${HEAD}faults: [{ kill: all, pause: all, from: 1 }]`, /exactly one of/],
    'a fault with two ends': [`${HEAD}faults: [{ kill: all, from: 1, to: 2, for: 3 }]`, /not both/],
    'a phase that there is not': [`${HEAD}faults: [{ kill: all, from: 2 lunch }]`, /at faults\.0\.from/],
    'a node that has no number': [`${HEAD}faults: [{ kill: verifier, from: 1 }]`, /at faults\.0\.kill/],
  }
  for (const [what, [text, says]] of Object.entries(wrong)) {
    it(`is refused with its first fault: ${what}`, () => expect(() => read(text)).to.throw(UserError, says))
  }
})
