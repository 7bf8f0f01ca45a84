/** What the line of this machine carries, as far as a peer shows it: there and back through a provider of the network. */
import type { Outcome } from '../../../probe/index.js'
import type { Hex } from '../../../proto/hex.js'
import type { EthersChain } from '../../chain/ethers-chain.js'
import { UserError } from '../../config/errors.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { Directory } from '../../node/directory.js'
import { measureProvider } from '../../node/solo-session.js'
import { rateText } from '../figures.js'
import { bad, good, warning } from '../finding.js'
import { verdictOf } from '../measure-verdict.js'
import type { Named } from '../named.js'
import type { NodeSettings } from '../node-settings.js'
import { accountIn } from '../provider-argument.js'
import type { Need } from './data-plane.js'

const SUBJECT = 'line'
const ANOTHER = 'Name another provider with --through.'
/** The reading's own error is well below that. */
const ENOUGH_SHARE = 0.95

/** The session runs from a port of its own if the node holds the registered one. */
export interface ThroughProvider {
  readonly chain: EthersChain
  readonly settings: Pick<NodeSettings, 'network' | 'logger' | 'udpHost' | 'udpAnnounce' | 'udpPort'>
  readonly through: Named
  readonly need: Need
}

export async function lineFinding({ chain, settings, through, need }: ThroughProvider): Promise<Finding> {
  const { network, logger, udpHost, udpAnnounce, udpPort } = settings
  const directory = new Directory(chain, logger)
  await directory.refresh()
  let account: Hex
  try {
    const accounts = directory.providers().map(one => one.account)
    account = accountIn(through, network, accounts, 'of a provider that has announced an address')
  } catch (error) {
    if (error instanceof UserError) return bad(SUBJECT, `--through: ${error.message.replace(/\.$/, '')}`, ANOTHER)
    throw error
  }
  const [registered, announced] = [await chain.provider(account), directory.provider(account)]
  if (registered === undefined || announced === undefined)
    return bad(SUBJECT, `--through ${account} is no provider that has announced an address`, ANOTHER)
  const askedKbps = Math.min(need.rateKbps, registered.claimKbps)
  const { outcome } = await measureProvider({
    ...{ provider: announced, network: chain.network, claimKbps: askedKbps },
    ...{ breachBps: network.params.breachBps, yieldMs: network.params.yieldMs },
    ...{ udpHost, udpAnnounce, udpPort },
    progress: () => {},
    log: note => logger.debug({ note }, 'measuring the line'),
  })
  return gradeLine(outcome, askedKbps, need)
}

export function gradeLine(outcome: Outcome, askedKbps: number, { rateKbps, what, less }: Need): Finding {
  if (!('measurement' in outcome))
    return warning(
      SUBJECT,
      `not measured. ${verdictOf(outcome, { claimKbps: askedKbps, registeredKbps: askedKbps, thresholdKbps: askedKbps })}`.replace(
        /\.$/,
        '',
      ),
      ANOTHER,
    )
  const carriedKbps = outcome.measurement.rateKbps
  const found = `carried ${rateText(carriedKbps)} of ${rateText(askedKbps)} to the provider and back, of ${what} of ${rateText(rateKbps)}`
  if (carriedKbps < ENOUGH_SHARE * askedKbps)
    return bad(
      SUBJECT,
      `${found}: this line or that provider carries no more`,
      `${ANOTHER} If it shows the same, find out who else uses this line, or lower the rate: ${less}.`,
    )
  return askedKbps < rateKbps
    ? warning(SUBJECT, `${found}: the rest is not shown`, 'Name a provider with a larger claim.')
    : good(SUBJECT, found)
}
