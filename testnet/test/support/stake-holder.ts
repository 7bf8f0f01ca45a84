/** Accounts with ether and stake tokens, for tests of the commands that spend them. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Hex } from '../../../proto/hex.js'
import { accountOf } from '../../../verifier/chain/account.js'
import { connectChain } from '../../../verifier/chain/connect.js'
import type { LiveNetwork } from '../../../verifier/chain/test/live-network.js'
import { saveKeys } from '../../../verifier/config/key-file.js'
import { keysFromSeed } from '../../../verifier/config/keys.js'

const ONE_ETHER = '0xde0b6b3a7640000'

export interface StakeHolder {
  readonly account: Hex
  readonly dataDir: string
}

/** @param name decides the keys, and names the data directory. @param tokens in wei */
export async function stakeHolder(
  live: LiveNetwork,
  directory: string,
  name: string,
  tokens: bigint,
): Promise<StakeHolder> {
  const keys = keysFromSeed('register tests', name)
  const dataDir = join(directory, name)
  await mkdir(dataDir)
  await saveKeys(join(dataDir, 'keys.json'), keys)
  const account = accountOf(keys.evm)
  await live.rpc('anvil_setBalance', [account, ONE_ETHER])
  await sendTokens(live, account, tokens)
  return { account, dataDir }
}

/** @param tokens in wei */
export async function sendTokens({ setup, anvil }: LiveNetwork, account: Hex, tokens: bigint): Promise<void> {
  const { network } = setup
  const treasury = await connectChain({
    ...{ rpcUrl: anvil.rpcUrl, network, privateKey: anvil.accounts[0]!.privateKey },
  })
  const { stakeToken } = treasury.context.contracts
  const data = stakeToken.interface.encodeFunctionData('transfer', [account, tokens])
  await treasury.sender!.sendAll([{ label: 'tokens', to: network.contracts.stakeToken, data, gasLimit: 100_000n }])
  treasury.close()
}
