/** What the providers of a run offer: all of them at one price, and the first ones with an exit. */
import { randomBytes } from 'node:crypto'
import { makeIdentity } from '../../market/exit/identity.js'
import { connectChain } from '../../verifier/chain/connect.js'
import { type Exit, postOfferCall } from '../../verifier/chain/offers.js'
import type { NodeKeys } from '../../verifier/config/keys.js'
import type { NetworkFile } from '../../verifier/config/network-file.js'

/** Wei for 2^30 bytes: 0.05 tokens. */
export const PRICE = 5n * 10n ** 16n

export interface OfferingAccount {
  readonly keys: NodeKeys
  readonly dataDir: string
}

export const newExit = async (dataDir: string, address: string): Promise<Exit> => ({
  ...(await makeIdentity(dataDir, length => randomBytes(length))).public,
  address,
})

/** @throws Error with the reason if the chain refuses it */
export async function postOffer(
  network: NetworkFile,
  rpcUrl: string,
  { keys }: OfferingAccount,
  exit: Exit | undefined,
): Promise<void> {
  const chain = await connectChain({ rpcUrl, network, privateKey: keys.evm })
  try {
    const offer = { price: PRICE, premiumPrice: 0n, laneKbps: 0, lanePrice: 0n, exit }
    const result = await chain.sender!.send(postOfferCall(chain.context, offer))
    if (result.kind === 'rejected') throw new Error(`the offer was refused: ${result.reason}`)
  } finally {
    chain.close()
  }
}
