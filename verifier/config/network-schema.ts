/** The form of the network file. It needs no Node.js, since answers of the HTTP API have it too. */
import { z } from 'zod'
import type { Hex } from '../../proto/hex.js'
import { DEVNET, type NetworkParams } from '../../proto/params.js'
import { paramsFault } from './check-params.js'

const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/, 'must be a lower-case address of 20 bytes')
  .transform(text => text as Hex)

const count = z.number().int().nonnegative()

/** One number for each parameter, by name. No name may be missing or unknown, since the chain holds their hash. */
export const paramsShape = z.strictObject(
  Object.fromEntries(Object.keys(DEVNET).map(name => [name, count])) as Record<keyof NetworkParams, typeof count>,
)

export const paramsSchema = paramsShape.superRefine((values, issues) => {
  const fault = paramsFault(values)
  if (fault !== undefined) issues.addIssue({ code: 'custom', message: fault })
})

export const networkFileSchema = z.strictObject({
  name: z.string().min(1),
  chainId: z.number().int().positive(),
  contracts: z.strictObject({
    stakeToken: address,
    stakeVault: address,
    verifierRegistry: address,
    providerRegistry: address,
    epochReports: address,
    slashingManager: address,
    rewardsDistributor: address,
    decoys: address,
    equivocationSlasher: address,
    offers: address,
    transferEscrow: address,
    lanes: address,
  }),
  /** block of the deployment: no event is older */
  deployBlock: count,
  params: paramsSchema,
  /** what a testnet calls its nodes, for people: `provider-3` → its account */
  names: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be a name such as provider-3'), address).optional(),
})

export type NetworkFile = z.infer<typeof networkFileSchema>
export type ContractName = keyof NetworkFile['contracts']
