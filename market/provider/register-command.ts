import type { InferredOptionTypes } from 'yargs'
import { fromHex, ZERO_HASH } from '../../proto/hex.js'
import { joinAsProvider, leastStake } from '../../verifier/chain/join.js'
import { checkClaim } from '../../verifier/cli/claim.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { parseRate } from '../../verifier/cli/rate.js'
import { checkTokens, REGISTER_OPTIONS, register } from '../../verifier/cli/registration.js'
import { settings } from '../../verifier/cli/settings.js'
import { UserError } from '../../verifier/config/errors.js'
import { peerIdOf } from '../../verifier/net/peer-keys.js'
import { regionOf } from '../core/region.js'

const OPTIONS = {
  ...REGISTER_OPTIONS,
  claim: {
    type: 'string',
    demandOption: true,
    describe: 'Rate that you promise to a new session, such as 25mbps',
  },
  region: {
    type: 'string',
    describe:
      'Country where the provider is, such as DE. Users choose by it, nobody checks it, and it cannot be changed (default: not said)',
  },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const providerRegister: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const claimKbps = parseRate('claim', flags.claim)
    const region = flags.region === undefined ? ZERO_HASH : regionOf(flags.region)
    if (region === undefined)
      throw new UserError('usage', `--region ${flags.region} is no country code. Give two letters, such as DE.`)
    await register('provider', flags, async own => {
      const { chain, keys, network, withdrawalAddress, confirm } = own
      checkClaim(claimKbps, network)
      const stake = await leastStake(chain.context, claimKbps)
      await checkTokens(own, 'provider', stake)
      return joinAsProvider(chain.sender!, {
        stake,
        claimKbps,
        region,
        peerId: await peerIdOf(fromHex(keys.peer)),
        withdrawalAddress,
        confirm,
      })
    })
  },
}
