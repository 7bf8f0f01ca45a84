/** The file of what a network is deployed with, YAML or JSON. */
import { z } from 'zod'
import type { Hex } from '../../proto/hex.js'
import { DAY_SECONDS, deploymentFaults } from './check-deployment.js'
import type { DeploymentSettings } from './deployment-settings.js'
import { UserError } from './errors.js'
import { paramsShape } from './network-schema.js'

const WEI_DIGITS = 18

/** Whoever needs a lane now loses at most a minute of it, and a lane of one call lasts for twelve. */
const LANE_SLOT_SECONDS = 60

/** Amounts of the stake token, whose unit has 18 decimals, such as `10000` or `0.01`; in wei afterwards. */
const tokens = z
  .union([z.number(), z.string()])
  .refine(amount => /^\d{1,20}(\.\d{1,18})?$/.test(`${amount}`), 'must be an amount of tokens such as 12.5')
  .transform(amount => {
    const [whole, fraction = ''] = `${amount}`.split('.')
    return BigInt(whole + fraction.padEnd(WEI_DIGITS, '0'))
  })

const account = z
  .string('must be an address in quotation marks, since YAML reads 0x… as a number')
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address of 20 bytes')
  .transform(text => text.toLowerCase() as Hex)

const count = z.number().int().nonnegative()

const settingsSchema: z.ZodType<DeploymentSettings> = z.strictObject({
  name: z.string().regex(/\S/, 'must not be empty').max(64),
  genesisVerifiers: z.array(account),
  minimumVerifiers: count,
  startDelaySeconds: count,
  verifierBond: tokens,
  minimumProviderStake: tokens,
  stakePerMbps: tokens,
  settleRefund: tokens,
  networkWeeklyBps: count,
  thawSeconds: count.default(DAY_SECONDS),
  laneSlotSeconds: count.default(LANE_SLOT_SECONDS),
  laneGraceSeconds: count.default(DAY_SECONDS),
  token: account.optional(),
  params: paramsShape,
})

/** @param found what the file holds. @throws UserError 'configuration' with a sentence for each fault */
export function deploymentSettings(path: string, found: unknown): DeploymentSettings {
  const parsed = settingsSchema.safeParse(found)
  const faults = parsed.success ? deploymentFaults(parsed.data) : parsed.error.issues.map(sentenceOf)
  if (parsed.success && faults.length === 0) return parsed.data
  throw new UserError(
    'configuration',
    `No network can be deployed with ${path}. ${faults.map(fault => `${fault}.`).join(' ')} Correct the file, then try again.`,
  )
}

function sentenceOf({ path, message }: z.core.$ZodIssue): string {
  const words = message.replace(/^Invalid input: /, '')
  return path.length === 0 ? `The file: ${words}` : `${path.join('.')}: ${words}`
}
