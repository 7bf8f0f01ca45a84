import { expect } from 'chai'
import { packageImports, vendored, wantedOf, withVendored } from '../vendor/imports.js'

const BUNDLED = new Set(['ethers', '@noble/hashes', 'yaml'])
const MODULE = 'verifier/core/leaf.js'
const SOURCE = `/** A row — with "…" from 'yaml' */
import { readFileSync } from 'node:fs';
import { keccak256 as hash,
  toBeHex } from 'ethers';
import whole, { keccak_256 } from '@noble/hashes/sha3.js';
import { Level } from 'level';
import { other } from './other.js';
export const lazily = () => import('yaml');
`
const BOUND = SOURCE.replace("'ethers'", "'../../vendor/ethers/index.js'").replace(
  "'@noble/hashes/sha3.js'",
  "'../../vendor/@noble/hashes/sha3.js'",
)

describe('imports of the bundled packages', () => {
  it('are those of its packages, with the names that a module imports', () => {
    expect(wantedOf(packageImports(MODULE, SOURCE, BUNDLED))).to.deep.equal({
      '@noble/hashes/sha3.js': ['default', 'keccak_256'],
      ethers: ['keccak256', 'toBeHex'],
    })
  })

  it('change to the bundled copy, and nothing else does', () => {
    expect(withVendored(MODULE, SOURCE, packageImports(MODULE, SOURCE, BUNDLED))).to.equal(BOUND)
  })

  it('are still known, and stay as they are, once they have changed', () => {
    const imports = packageImports(MODULE, BOUND, BUNDLED)
    expect(wantedOf(imports)).to.deep.equal(wantedOf(packageImports(MODULE, SOURCE, BUNDLED)))
    expect(withVendored(MODULE, BOUND, imports)).to.equal(BOUND)
  })

  it('lead from a module beside the bundle as well', () => {
    const text = "import { parse } from 'yaml';\n"
    const imports = packageImports('index.js', text, BUNDLED)
    expect(withVendored('index.js', text, imports)).to.equal("import { parse } from './vendor/yaml/index.js';\n")
    expect(vendored('yaml')).to.equal('vendor/yaml/index.js')
  })

  it('are wanted once for all modules', () => {
    const imports = ['parse', 'stringify', 'parse'].flatMap((name, i) =>
      packageImports(`${i}.js`, `import { ${name} } from 'yaml'`, BUNDLED),
    )
    expect(wantedOf(imports)).to.deep.equal({ yaml: ['parse', 'stringify'] })
  })

  it('are refused where a module takes all of a package', () => {
    const take = (text: string) => () => packageImports(MODULE, text, BUNDLED)
    expect(take("import * as yaml from 'yaml'")).to.throw(`${MODULE} imports all of yaml.`)
    expect(take("export * from 'yaml'")).to.throw(`${MODULE} exports what yaml has.`)
    expect(take("export { parse } from 'yaml'")).to.throw(`${MODULE} exports what yaml has.`)
  })
})
