/** Writes logs at a contract's address that the contract itself would never write. */
import { concat, Wallet, zeroPadValue } from 'ethers'
import type { ContractName } from '../../config/network-file.js'
import { type LiveNetwork, receiptOf } from './live-network.js'

/** Emits a log with two or three topics, of the first 96 bytes of its calldata, and the rest as data. */
const emitter = (topics: number): string =>
  '0x' +
  '3660006000' + // size, 0, 0
  '37' + // calldata to memory
  (topics === 3 ? '604051' : '') + // topic 2
  '602051600051' + // topics 1, 0
  '60603603' + // length: size − 96
  '6060' + // offset
  `a${topics}00` // LOG2 or LOG3, STOP

/** @param topics 32 bytes or less each */
export async function emitRaw(
  live: LiveNetwork,
  contract: ContractName,
  topics: readonly [string, string] | readonly [string, string, string],
  data: string,
): Promise<void> {
  const { provider, file } = live.chain.context
  const at = file.contracts[contract]
  const code = await provider.getCode(at)
  await live.rpc('anvil_setCode', [at, emitter(topics.length)])
  try {
    const wallet = new Wallet(live.keys.v3!.evm, provider)
    const words = [...topics, '0x'].slice(0, 3).map(topic => zeroPadValue(topic, 32))
    const calldata = concat([...words, data])
    const sent = await wallet.sendTransaction({ to: at, data: calldata, gasLimit: 16_000_000 })
    const { logs } = await receiptOf(sent)
    if (logs.length !== 1) throw new Error('the emitter emitted nothing')
  } finally {
    await live.rpc('anvil_setCode', [at, code])
  }
}
