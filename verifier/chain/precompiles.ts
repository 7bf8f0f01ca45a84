/** The precompiles that the contracts call, each with a call whose answer is known. */
import { keccak256 } from 'ethers'
import type { Hex } from '../../proto/hex.js'
import { RpcFault } from './rpc-fault.js'
import type { RpcProvider } from './rpc-provider.js'

/** The generators of EIP-2537, in its encoding: each coefficient of 48 bytes in 64. */
const coefficients = (...texts: readonly string[]): string => texts.map(text => text.padStart(128, '0')).join('')
const G1_X = '17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb'
const G1_Y = '08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1'
const NEGATED_Y = '114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca'
const G1 = coefficients(G1_X, G1_Y)
const NEGATED_G1 = coefficients(G1_X, NEGATED_Y)
const G2 = coefficients(
  '24aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8',
  '13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e',
  'ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801',
  '606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be',
)

interface KnownCall {
  readonly name: string
  readonly address: Hex
  readonly input: string
  /** keccak256 of the answer, which may be long */
  readonly answerHash: Hex
}

const precompile = (byte: string): Hex => `0x${byte.padStart(40, '0')}`

/** `test/precompiles.test.ts` computes every answer with another library. */
export const KNOWN_CALLS: readonly KnownCall[] = [
  {
    ...{ name: 'G1ADD', address: precompile('0b'), input: G1 + G1 },
    answerHash: '0xd2b0d7b43ce993a817a069205ed3d7a139117befb9c0865d520f91ba88ac133b',
  },
  {
    ...{ name: 'G2ADD', address: precompile('0d'), input: G2 + G2 },
    answerHash: '0xca1308ad7babea380be417af0920e37dad333649603f01c9f44687ede587e7f9',
  },
  {
    ...{ name: 'PAIRING', address: precompile('0f'), input: G1 + G2 + NEGATED_G1 + G2 },
    answerHash: '0xb10e2d527612073b26eecdfd717e6a320cf44b4afac2b0732d9fcbe2b7fa0cf6',
  },
  {
    ...{ name: 'MAP_FP2_TO_G2', address: precompile('11'), input: coefficients('1', '2') },
    answerHash: '0x79c1bf817b911f2ac465f8eb19b1a6b4ffda19575537669fdcc7e61005f1d837',
  },
]

export interface PrecompileAnswer extends Pick<KnownCall, 'name' | 'address'> {
  /** A call to a missing precompile succeeds and returns nothing. */
  readonly says: 'the right answer' | 'nothing' | 'a wrong answer'
}

/** @throws RpcFault if the chain does not answer */
export const askPrecompiles = (provider: RpcProvider): Promise<PrecompileAnswer[]> =>
  Promise.all(
    KNOWN_CALLS.map(async ({ name, address, input, answerHash }) => {
      const answer = await provider.send('eth_call', [{ to: address, data: `0x${input}` }, 'latest']).catch(refusal)
      if (answer === undefined || answer === '0x') return { name, address, says: 'nothing' as const }
      const isRight = keccak256(answer) === answerHash
      return { name, address, says: isRight ? ('the right answer' as const) : ('a wrong answer' as const) }
    }),
  )

/** A refusal of the call is an answer. */
function refusal(error: unknown): undefined {
  if (error instanceof RpcFault) throw error
}
