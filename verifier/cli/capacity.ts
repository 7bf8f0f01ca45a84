/** `bandwitness verifier capacity RATE`: tells the network what the verifier's line takes. */

import type { InferredOptionTypes } from 'yargs'
import { setCapacityCall } from '../chain/stake.js'
import type { CapacityJson } from '../evidence/schema/stake.js'
import { rateText } from './figures.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { ACCOUNT_OPTIONS, registeredIndex, sent, withOwnAccount } from './own-account.js'
import { parseRate } from './rate.js'
import { settings } from './settings.js'

type Flags = InferredOptionTypes<typeof ACCOUNT_OPTIONS> & { rate: string; json?: unknown }

export const verifierCapacity: Command<Flags> = {
  builder: y => settings(y, ACCOUNT_OPTIONS).positional('rate', { type: 'string', demandOption: true }),
  handler: async flags => {
    const capacityKbps = parseRate('rate', flags.rate)
    await withOwnAccount(flags, async own => {
      const index = await registeredIndex(own, 'verifier')
      const txHash = await sent(own, setCapacityCall(own.chain.context, capacityKbps), 'the capacity')
      print<CapacityJson>(flags, { account: own.account, index, capacityKbps, txHash }, capacityText)
    })
  },
}

const capacityText = ({ index, capacityKbps }: CapacityJson): string =>
  `Verifier ${index} has a capacity of ${rateText(capacityKbps)} from the next epoch on. Check it with \`bandwitness verifier doctor\`.`
