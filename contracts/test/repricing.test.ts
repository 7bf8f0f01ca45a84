import { expect } from 'chai'
import type { Hex } from '../../proto/hex.js'
import { keyOf } from './support/bls.js'
import { TX_GAS_LIMIT } from './support/evm.js'
import { networkForEach, TestNetwork } from './support/network.js'

const TIMES = 4
/** What a call itself costs, besides the precompile. */
const CALL_GAS = 100
/** Addresses of precompiles, and SHA-256, which gets all gas that is left. */
const LAST_PRECOMPILE = 0x11n
const SHA256 = 0x02n

interface Step {
  readonly op: string
  readonly gas: number
  readonly stack: readonly Hex[]
}

/** A chain may raise a precompile's price in any fork, and nobody can replace this code. */
describe('contracts: a fork that makes the precompiles four times as expensive', () => {
  const net = networkForEach(() => TestNetwork.running(7))

  /** The precompiles that a call uses: the gas that each got, and the gas that each took. */
  async function precompiles(to: Hex, from: Hex, data: string): Promise<{ name: bigint; got: bigint; took: bigint }[]> {
    const call = { from, to, data, gas: `0x${TX_GAS_LIMIT.toString(16)}` }
    const { structLogs: steps, failed } = await net().evm.rpc<{ structLogs: Step[]; failed: boolean }>(
      ...(['debug_traceCall', call, 'latest', {}] as const),
    )
    expect(failed).to.equal(false)
    return steps.flatMap(({ op, gas, stack }, i) => {
      const [got, name] = [BigInt(stack.at(-1) ?? 0), BigInt(stack.at(-2) ?? 0)]
      if (op !== 'STATICCALL' || name > LAST_PRECOMPILE || name === SHA256) return []
      return { name, got, took: BigInt(gas - steps[i + 1]!.gas - CALL_GAS) }
    })
  }
  const expectRoom = (calls: Awaited<ReturnType<typeof precompiles>>, names: readonly bigint[]) => {
    expect(new Set(calls.map(({ name }) => name))).to.deep.equal(new Set(names))
    for (const { name, got, took } of calls)
      expect(got >= BigInt(TIMES) * took, `${name}: ${got} for ${took}`).to.equal(true)
  }

  it('does not stop reports', async () => {
    await net().enter(2)
    const header = await net().header(1)
    const { round, nonSigners, signature } = net().certify(header, { nonSigners: [1, 4] })
    await net().evm.mine(1)
    const data = net().reports.interface.encodeFunctionData('post', [header, round, nonSigners, signature])
    expectRoom(await precompiles(net().reports.address, net().deployer, data), [0x0bn, 0x0dn, 0x0fn, 0x11n])
  })

  it('does not stop registrations', async () => {
    const [account, key] = [net().newAccount(), keyOf('another verifier')]
    await net().deposit(net().registry, account, await net().registry.read('verifierBond'))
    const args = [key.publicKey, net().proofOf(key, account), 1000]
    const data = net().registry.interface.encodeFunctionData('register', args)
    expectRoom(await precompiles(net().registry.address, account, data), [0x0dn, 0x0fn, 0x11n])
  })
})
