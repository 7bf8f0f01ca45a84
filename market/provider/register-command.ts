import type { InferredOptionTypes } from 'yargs'
import { fromHex, ZERO_HASH } from '../../proto/hex.js'
import { joinAsProvider, leastStake } from '../../verifier/chain/join.js'
import { checkClaim } from '../../verifier/cli/claim.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { parseRate } from '../../verifier/cli/rate.js'
import { REGISTER_OPTIONS, register } from '../../verifier/cli/registration.js'
import { settings } from '../../verifier/cli/settings.js'
import { peerIdOf } from '../../verifier/net/peer-keys.js'

const OPTIONS = {
  ...REGISTER_OPTIONS,
  claim: {
    type: 'string',
    demandOption: true,
    describe: 'Rate that you promise to a new session, such as 25mbps',
  },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const providerRegister: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const claimKbps = parseRate('claim', flags.claim)
    await register('provider', flags, async ({ chain, keys, network, withdrawalAddress, confirm }) => {
      checkClaim(claimKbps, network)
      return joinAsProvider(chain.sender!, {
        stake: await leastStake(chain.context, claimKbps),
        claimKbps,
        region: ZERO_HASH,
        peerId: await peerIdOf(fromHex(keys.peer)),
        withdrawalAddress,
        confirm,
      })
    })
  },
}
