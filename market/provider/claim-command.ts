/** `bandwitness provider claim RATE`: promises another rate. */

import type { InferredOptionTypes } from 'yargs'
import { leastStake } from '../../verifier/chain/join.js'
import { claimEffectiveAt, readStake, setClaimCall } from '../../verifier/chain/stake.js'
import { checkClaim } from '../../verifier/cli/claim.js'
import { rateText, timeText, tokensText } from '../../verifier/cli/figures.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { print } from '../../verifier/cli/output.js'
import {
  ACCOUNT_OPTIONS,
  type OwnAccount,
  registeredIndex,
  sent,
  withOwnAccount,
} from '../../verifier/cli/own-account.js'
import { parseRate } from '../../verifier/cli/rate.js'
import { settings } from '../../verifier/cli/settings.js'
import { UserError } from '../../verifier/config/errors.js'
import type { ClaimChangeJson } from '../../verifier/evidence/schema/stake.js'

type Flags = InferredOptionTypes<typeof ACCOUNT_OPTIONS> & { rate: string; json?: unknown }

export const providerClaim: Command<Flags> = {
  builder: y => settings(y, ACCOUNT_OPTIONS).positional('rate', { type: 'string', demandOption: true }),
  handler: async flags => {
    const claimKbps = parseRate('rate', flags.rate)
    await withOwnAccount(flags, async own => {
      checkClaim(claimKbps, own.network)
      const { chain, account } = own
      const index = await registeredIndex(own, 'provider')
      await checkStake(own, claimKbps)
      const txHash = await sent(own, setClaimCall(chain.context, claimKbps), 'the claim')
      const effectiveAt = await claimEffectiveAt(chain.context, txHash)
      print<ClaimChangeJson>(flags, { account, index, claimKbps, effectiveAt, txHash }, claimChangeText)
    })
  },
}

/** @throws UserError 'configuration' if the claim needs more stake: the registry says so too, in wei */
async function checkStake({ chain, account }: OwnAccount, claimKbps: number): Promise<void> {
  const [{ active }, needed, now] = await Promise.all([
    readStake(chain.context, 'provider', account),
    leastStake(chain.context, claimKbps),
    chain.provider(account),
  ])
  if (active >= needed || claimKbps <= (now?.claimKbps ?? 0)) return
  throw new UserError(
    'configuration',
    `A claim of ${rateText(claimKbps)} needs a stake of ${tokensText(needed)} tokens, and ${tokensText(active)} are bonded. Add the rest with \`bandwitness provider top-up --amount ${tokensText(needed - active)}\`.`,
  )
}

const claimChangeText = ({ index, claimKbps, effectiveAt }: ClaimChangeJson): string =>
  `The chain holds the claim of provider ${index}, ${rateText(claimKbps)}, from ${timeText(effectiveAt)} on. It counts from the first window that starts at least one epoch later.`
