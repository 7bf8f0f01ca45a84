/** Writes logs at a contract's address that the contract itself would never write. */
import { concat, Wallet, zeroPadValue } from 'ethers'
import type { ContractName } from '../../config/network-file.js'
import { type LiveNetwork, receiptOf } from './live-network.js'

/** Emits a log with three topics, the first 96 bytes of its calldata, and the rest as data. */
const EMITTER =
  '0x' +
  '3660006000' + // size, 0, 0
  '37' + // calldata to memory
  '604051602051600051' + // topics 2, 1, 0
  '60603603' + // length: size − 96
  '6060' + // offset
  'a300' // LOG3, STOP

/** @param topics 32 bytes or less each */
export async function emitRaw(
  live: LiveNetwork,
  contract: ContractName,
  topics: readonly [string, string, string],
  data: string,
): Promise<void> {
  const { provider, file } = live.chain.context
  const at = file.contracts[contract]
  const code = await provider.getCode(at)
  await live.rpc('anvil_setCode', [at, EMITTER])
  try {
    const wallet = new Wallet(live.keys.v3!.evm, provider)
    const calldata = concat([...topics.map(topic => zeroPadValue(topic, 32)), data])
    const sent = await wallet.sendTransaction({ to: at, data: calldata, gasLimit: 16_000_000 })
    const { logs } = await receiptOf(sent)
    if (logs.length !== 1) throw new Error('the emitter emitted nothing')
  } finally {
    await live.rpc('anvil_setCode', [at, code])
  }
}
