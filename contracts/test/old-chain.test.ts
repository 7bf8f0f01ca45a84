import { Evm, expectRevert } from './support/evm.js'

/** A call to a missing precompile succeeds and returns nothing. A careless contract would take that for success. */
describe('contracts: on a chain without the precompiles', () => {
  let evm: Evm
  before(async () => {
    evm = await Evm.start('cancun')
  })
  after(() => evm.stop())

  it('cannot be deployed', () => {
    const [deployer] = evm.accounts as [`0x${string}`]
    const parameters = [deployer, 1, 1, 1, 1, 1]
    return expectRevert(evm.deploy(deployer, 'VerifierRegistry', parameters), 'PrecompileUnusable')
  })
})
