import { expect } from 'chai'
import { importsOf, resolveImport, violations } from '../imports.js'

const check = (path: string, source: string, others: Record<string, string> = {}) =>
  violations(new Map([[path, source], ...Object.entries(others)]))

describe('import direction', () => {
  it('reads every kind of import, and ignores comments', () => {
    const source = [
      "import '../proto/polyfill.js'",
      "import type { A } from './a.js'",
      "import { type B, type C } from './b.js'",
      'import {\n  type D,\n  e,\n} from "./d.js"',
      "export * from './f.js'",
      "// import './no.js'",
      "/* import './no.js'\n   import './no.js' */",
      "const g = await import('./g.js')",
    ].join('\n')
    expect(importsOf(source).map(({ specifier, typeOnly, dynamic }) => [specifier, typeOnly, dynamic])).to.deep.equal([
      ['../proto/polyfill.js', false, false],
      ['./a.js', true, false],
      ['./b.js', true, false],
      ['./d.js', false, false],
      ['./f.js', false, false],
      ['./g.js', false, true],
    ])
  })

  it('resolves a relative import to its source file', () => {
    expect(resolveImport('verifier/core/scoring/score.ts', '../../../proto/leaf.js')).to.equal('proto/leaf.ts')
    expect(resolveImport('verifier/core/scoring/score.ts', 'ethers')).to.equal(undefined)
  })

  it('lets imports run downwards', () => {
    expect(check('probe/relay/relay.ts', "import { x } from '../../proto/hex.js'")).to.deep.equal([])
    expect(check('verifier/net/gossip.ts', "import { x } from '@libp2p/gossipsub'")).to.deep.equal([])
    expect(check('testnet/network/run.ts', "import { x } from '../../market/provider/start.js'")).to.deep.equal([])
  })

  const wrong: [string, string, string][] = [
    ['upwards', 'proto/hex.ts', "import { x } from '../probe/relay/relay.js'"],
    ['upwards, over lines', 'probe/relay/relay.ts', "import {\n  x,\n} from '../../verifier/core/facts.js'"],
    ['upwards, as a type', 'probe/relay/relay.ts', "import type { X } from '../../verifier/core/facts.js'"],
    ['upwards, re-exported', 'proto/hex.ts', "export { x } from '../testnet/network/run.js'"],
    ['from one wing of the probe to a higher one', 'probe/wire/receipts.ts', "import { x } from '../verdict/judge.js'"],
    ['from one role of a session to another', 'probe/sender/sender.ts', "import { x } from '../relay/relay.js'"],
    ['from the data plane to a role', 'probe/plane/sending.ts', "import { x } from '../sender/sender.js'"],
    ['from a wing to the public surface', 'probe/relay/relay.ts', "import { x } from '../index.js'"],
    ['from assignment to scoring', 'verifier/core/assignment/draw.ts', "import { x } from '../scoring/score.js'"],
    [
      'from the rules to a wing that carries data',
      'verifier/core/facts.ts',
      "import { x } from '../../probe/io/errors.js'",
    ],
    ['from one adapter to another', 'verifier/net/sync.ts', "import { x } from '../store/store.js'"],
    ['from an adapter to a node', 'verifier/net/sync.ts', "import { x } from '../node/verifier-node.js'"],
    ['from evidence to a node', 'verifier/evidence/recompute.ts', "import { x } from '../node/context.js'"],
    ['from a node to its API', 'verifier/node/verifier-node.ts', "import { x } from '../api/server.js'"],
    ['from the verifier to the market', 'verifier/api/start.ts', "import { x } from '../../market/provider/start.js'"],
    [
      'to the contracts from outside verifier/chain',
      'verifier/api/server.ts',
      "import { x } from '../../contracts/artifacts.js'",
    ],
    [
      'of the testnet, lazily, by another command',
      'verifier/cli/explain.ts',
      "await import('../../testnet/network/run.js')",
    ],
    ['of the testnet, but not lazily', 'verifier/cli/main.ts', "import '../../testnet/network/run.js'"],
    ['of a test', 'probe/relay/relay.ts', "import { x } from './test/helper.js'"],
    ['of a package that belongs elsewhere', 'probe/relay/relay.ts', "import { x } from 'libp2p'"],
    ['of a file in no layer', 'probe/relay/relay.ts', "import { x } from '../../other/thing.js'"],
  ]
  for (const [what, path, source] of wrong) {
    it(`catches an import ${what}`, () => {
      expect(check(path, source)).to.have.length(1)
    })
  }

  it('catches a circle of files once, also if type imports close it', () => {
    const others = { 'proto/b.ts': "import { c } from './c.js'", 'proto/c.ts': "import type { A } from './a.js'" }
    expect(check('proto/a.ts', "import { b } from './b.js'", others)).to.deep.equal([
      'proto/a.ts:1: a circle of files: proto/a.ts → proto/b.ts → proto/c.ts → proto/a.ts',
    ])
  })

  it('catches a fourth file directly in testnet/', () => {
    expect(check('testnet/accept.ts', '')).to.deep.equal([])
    expect(check('testnet/helper.ts', '')).to.have.length(1)
  })

  it('lets the command line load the commands of market and testnet lazily', () => {
    expect(check('verifier/cli/main.ts', "await import('../../market/provider/command.js')")).to.deep.equal([])
    expect(check('verifier/cli/main.ts', "await import('../../testnet/command.js')")).to.deep.equal([])
  })

  it('catches impure code in core: a package, a clock, randomness, and a package behind another import', () => {
    const core = 'verifier/core/scoring/score.ts'
    expect(check(core, "import { readFileSync } from 'node:fs'")).to.have.length(1)
    expect(check(core, 'export const now = () => Date.now()')).to.deep.equal([
      'verifier/core/scoring/score.ts:1: core is pure; it must not use Date',
    ])
    expect(check(core, 'export const draw = () => Math.random()')).to.have.length(1)
    const second = { 'proto/messages.ts': "import { readFileSync } from 'node:fs'" }
    expect(check(core, "import { x } from '../../../proto/messages.js'", second)).to.have.length(1)
    expect(check(core, "import type { X } from '../../../proto/messages.js'", second)).to.deep.equal([])
  })

  it('ignores a clock that only a comment or a string names', () => {
    expect(check('verifier/core/scoring/score.ts', "// never Date.now()\nexport const x = 'Date'")).to.deep.equal([])
  })

  it('lets tests import anything', () => {
    expect(
      check('verifier/core/scoring/test/score.test.ts', "import { ethers } from 'ethers'\nDate.now()"),
    ).to.deep.equal([])
  })
})
