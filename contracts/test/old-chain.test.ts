import { Evm, expectRevert } from './support/evm.js'

/** There, a call to a missing precompile succeeds with nothing: who took that for a yes would accept anything. */
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
