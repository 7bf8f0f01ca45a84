/** What `bandwitness provider offer` prints. */
import { z } from 'zod'
import { address, count, hash, wei } from './scalars.js'

/** `bandwitness provider offer --json` */
export const offerSchema = z.object({
  account: address,
  /** null for an account that offers nothing */
  offer: z
    .object({
      /** for 2^30 bytes */
      price: wei,
      /** null without traffic with priority */
      premiumPrice: wei.nullable(),
      /** `kbps`: for all lanes together. `price`: for each Mbit/s and slot */
      lanes: z.object({ kbps: count, price: wei }).nullable(),
      exit: z.object({ publicKey: hash, certHash: hash, address: z.string() }).nullable(),
    })
    .nullable(),
  /** null if nothing was sent */
  txHash: hash.nullable(),
})
export type OfferJson = z.infer<typeof offerSchema>
