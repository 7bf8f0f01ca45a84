import type { InferredOptionTypes } from 'yargs'
import { proveOfPossession } from '../bls/proof-of-possession.js'
import { BlsSigner } from '../bls/signer.js'
import type { EthersChain } from '../chain/ethers-chain.js'
import { joinAsVerifier } from '../chain/join.js'
import type { Command } from './lazily.js'
import { parseRate } from './rate.js'
import { checkTokens, REGISTER_OPTIONS, register } from './registration.js'
import { settings } from './settings.js'

const OPTIONS = {
  ...REGISTER_OPTIONS,
  capacity: {
    type: 'string',
    demandOption: true,
    describe: 'Rate that the link can carry at once in each direction, such as 100mbps',
  },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const verifierRegister: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const capacityKbps = parseRate('capacity', flags.capacity)
    await register('verifier', flags, async own => {
      const { chain, account, keys, network, withdrawalAddress, confirm } = own
      await checkTokens(own, 'verifier', await readBond(chain))
      const signer = new BlsSigner(keys.bls)
      return joinAsVerifier(chain.sender!, {
        blsKey: signer.publicKey128,
        proofOfPossession: proveOfPossession(signer, network.chainId, network.contracts.verifierRegistry, account),
        capacityKbps,
        withdrawalAddress,
        confirm,
      })
    })
  },
}

/** The least bond, in wei. */
const readBond = ({ context }: EthersChain): Promise<bigint> =>
  context.contracts.verifierRegistry.getFunction('verifierBond')()
