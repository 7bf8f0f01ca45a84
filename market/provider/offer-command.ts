/** `bandwitness provider offer`: says what the provider asks for carrying traffic, shows it, or takes it back. */
import type { InferredOptionTypes } from 'yargs'
import type { Hex } from '../../proto/hex.js'
import { type Offer, OfferLog, postOfferCall, readOffer, withdrawOfferCall } from '../../verifier/chain/offers.js'
import { exactTokensText, rateText } from '../../verifier/cli/figures.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { print } from '../../verifier/cli/output.js'
import {
  ACCOUNT_OPTIONS,
  registeredIndex,
  sent,
  withOwnAccount,
  withShownAccount,
} from '../../verifier/cli/own-account.js'
import { settings } from '../../verifier/cli/settings.js'
import { textTable } from '../../verifier/cli/text-table.js'
import { UserError } from '../../verifier/config/errors.js'
import type { OfferJson } from '../../verifier/evidence/schema/offer.js'
import { givenTerm, offerFrom } from './offer-terms.js'

const OPTIONS = {
  ...ACCOUNT_OPTIONS,
  price: { type: 'string', describe: 'Tokens for each GiB, such as 0.05 (default: show the offer that stands)' },
  'premium-price': {
    type: 'string',
    describe: 'Tokens for each GiB with priority (default: no traffic with priority)',
  },
  'lane-price': { type: 'string', describe: 'Tokens for each Mbit/s and slot of a lane (default: no lanes)' },
  'lane-rate': { type: 'string', describe: 'Rate that lanes can reserve together, such as 10mbps (default: no lanes)' },
  exit: {
    type: 'string',
    describe: 'JSON file with publicKey and certHash of the exit that you run (default: no exit)',
  },
  'exit-address': { type: 'string', describe: 'HOST:PORT at which clients reach the exit' },
  withdraw: { type: 'boolean', default: false, describe: 'Take the offer back; open channels stay, and are paid' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const providerOffer: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const given = givenTerm(flags)
    if (flags.withdraw && given !== undefined) {
      throw new UserError('usage', `--withdraw takes the whole offer back. Leave --${given} out.`)
    }
    if (flags.withdraw) await withdraw(flags)
    else if (given === undefined) await show(flags)
    else await post(flags, await offerFrom(flags))
  },
}

const post = (flags: Flags, offer: Offer): Promise<void> =>
  withOwnAccount(flags, async own => {
    await registeredIndex(own, 'provider')
    const txHash = await sent(own, postOfferCall(own.chain.context, offer), 'the offer')
    print<OfferJson>(flags, jsonOf(own.account, offer, txHash), offerText)
  })

/** Also for an account that has left, whose offer would stand for ever. */
const withdraw = (flags: Flags): Promise<void> =>
  withOwnAccount(flags, async own => {
    const { chain, account } = own
    if ((await readOffer(chain.context, account)) === undefined) {
      throw new UserError('configuration', `${account} offers nothing, so there is nothing to take back.`)
    }
    const txHash = await sent(own, withdrawOfferCall(chain.context), 'the withdrawal of the offer')
    print<OfferJson>(flags, jsonOf(account, undefined, txHash), offerText)
  })

const show = (flags: Flags): Promise<void> =>
  withShownAccount(flags, async ({ chain, account }) => {
    const offer = (await new OfferLog(chain.context, account).offers()).get(account)
    print<OfferJson>(flags, jsonOf(account, offer, null), offerText)
  })

const jsonOf = (account: Hex, offer: Offer | undefined, txHash: Hex | null): OfferJson => ({
  account,
  offer:
    offer === undefined
      ? null
      : {
          price: `${offer.price}`,
          premiumPrice: offer.premiumPrice === 0n ? null : `${offer.premiumPrice}`,
          lanes: offer.laneKbps === 0 ? null : { kbps: offer.laneKbps, price: `${offer.lanePrice}` },
          exit: offer.exit ?? null,
        },
  txHash,
})

function offerText({ account, offer }: OfferJson): string {
  if (offer === null)
    return `${account} offers nothing. Post an offer with \`bandwitness provider offer --price 0.05\`.`
  const { price, premiumPrice, lanes, exit } = offer
  const tokens = (wei: string) => `${exactTokensText(BigInt(wei))} tokens`
  return textTable([
    ['account', account],
    ['traffic', `${tokens(price)} for each GiB`],
    ['with priority', premiumPrice === null ? 'not offered' : `${tokens(premiumPrice)} for each GiB`],
    [
      'lanes',
      lanes === null
        ? 'not offered'
        : `${rateText(lanes.kbps)} together, at ${tokens(lanes.price)} for each Mbit/s and slot`,
    ],
    [
      'exit',
      exit === null ? 'none' : `${exit.address}, with the key ${exit.publicKey} and the certificate ${exit.certHash}`,
    ],
  ])
}
