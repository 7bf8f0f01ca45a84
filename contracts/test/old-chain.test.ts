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
    const config = { verifierBond: 1, epochSeconds: 1, eraEpochs: 1, startDelay: 1, minimumVerifiers: 1 }
    const parameters = [deployer, deployer, deployer, config, [deployer]]
    return expectRevert(evm.deploy(deployer, 'VerifierRegistry', parameters), 'PrecompileUnusable')
  })
})
