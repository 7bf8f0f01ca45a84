/** The node that runs with these keys, as it tells at `--api`: it holds the ports, and knows what the doctor cannot try. */
import { z } from 'zod'
import type { Hex } from '../../../proto/hex.js'
import { connect } from '../../client/index.js'
import { ENDPOINTS } from '../../evidence/schema/endpoints.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { address, count } from '../../evidence/schema/scalars.js'
import { rateText } from '../figures.js'
import { bad, good, warning } from '../finding.js'

/** What the status of a verifier and that of a provider have in common, and what one of them has besides. */
const ownStatusSchema = z.object({
  account: address,
  pid: count,
  faults: z.array(z.string()),
  udp: z.object({
    backend: z.enum(['mmsg', 'dgram']),
    port: count,
    receiveBufferBytes: count,
    overruns: count.optional(),
  }),
  /** of a verifier: connections to other nodes */
  peers: count.optional(),
  /** of a provider: the relay's counters */
  relay: z.object({ overruns: count }).optional(),
  /** of a provider: whether its line kept the claim in sessions of others */
  headroom: z
    .object({
      ...{ readings: count, missed: count },
      latest: z.object({ claimKbps: count, deliveredKbps: count }).nullable(),
    })
    .optional(),
})
export type OwnStatus = z.infer<typeof ownStatusSchema>

const OWN_STATUS = { ...ENDPOINTS.status, answer: ownStatusSchema }

const ANSWER_MS = 3000
/** Bound to all addresses, the API answers on loopback, too. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

export type OwnNode =
  /** this account's */
  | { readonly kind: 'runs'; readonly status: OwnStatus }
  /** of another account: the API's address is taken */
  | { readonly kind: 'other'; readonly account: Hex }
  | { readonly kind: 'silent' }

export async function ownNode(account: Hex, apiHost: string, apiPort: number): Promise<OwnNode> {
  if (apiPort === 0) return { kind: 'silent' }
  const host = LOOPBACK[apiHost] ?? apiHost
  const apiUrl = `http://${host.includes(':') ? `[${host}]` : host}:${apiPort}`
  const answer = await connect(apiUrl, { timeoutMs: ANSWER_MS }).ask(OWN_STATUS)
  if (answer.kind !== 'answer') return { kind: 'silent' }
  return answer.value.account === account
    ? { kind: 'runs', status: answer.value }
    : { kind: 'other', account: answer.value.account }
}

/** What the running node says of its ports and its work. */
export function runningFindings({ pid, faults, udp, peers, relay, headroom }: OwnStatus): Finding[] {
  const overruns = udp.overruns ?? relay?.overruns ?? 0
  return [
    good(
      'ports',
      `your node runs (process ${pid}) and holds its ports, UDP port ${udp.port} among them; stop it to have a verifier test them`,
    ),
    ...faults.map(fault => bad('node', fault.replace(/\.$/, ''), 'Mend that. The node goes on by itself.')),
    ...(peers === 0
      ? [
          bad(
            'peers',
            'your node is connected to no other node',
            'Open its TCP port, and check --announce and the RPC.',
          ),
        ]
      : []),
    ...(overruns > 0
      ? [
          warning(
            'overruns',
            `${overruns} datagrams were lost because your node did not read its UDP port in time`,
            'See the socket buffer, and give this machine less to do.',
          ),
        ]
      : []),
    ...(headroom?.latest ? [headroomFinding(headroom.readings, headroom.missed, headroom.latest)] : []),
  ]
}

function headroomFinding(
  readings: number,
  missed: number,
  latest: { claimKbps: number; deliveredKbps: number },
): Finding {
  const found = `kept the claim in ${readings - missed} of ${readings} readings of sessions, and last delivered ${rateText(latest.deliveredKbps)} of ${rateText(latest.claimKbps)}`
  return missed === 0
    ? good('line', found)
    : warning('line', found, 'Find out who else uses this line, or lower the claim: bandwitness provider claim RATE.')
}
