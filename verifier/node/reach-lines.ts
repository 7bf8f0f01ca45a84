/** What a verifier found about a node's ports, in lines for its operator: each says what to do. Pure. */
import { REACH_STEP, type ReachReport, type ReachStepName, type ReachTest } from '../../proto/messages.js'

export interface ReachLine {
  readonly step: ReachStepName
  /** undefined if it was not tested, because an earlier test failed */
  readonly passed: boolean | undefined
  readonly text: string
}

const STEPS = Object.keys(REACH_STEP) as ReachStepName[]

/** One line for each step, in their order. */
export const reachLines = ({ host, tests }: ReachReport): ReachLine[] =>
  STEPS.map(step => {
    const test = tests.find(one => one.step === REACH_STEP[step])
    if (test === undefined) return { step, passed: undefined, text: `${WHAT[step]}: not tested` }
    const text = test.passed ? passedText(step, test) : `${WHAT[step]}: ${failedText(step, test, host)}`
    return { step, passed: test.passed, text }
  })

export const isReached = (lines: readonly ReachLine[]): boolean => lines.every(({ passed }) => passed === true)

const WHAT: Record<ReachStepName, string> = {
  tcp: 'TCP',
  udpOut: 'UDP out',
  udpIn: 'UDP in',
  fullSize: 'full datagrams',
}

const passedText = (step: ReachStepName, { detail }: ReachTest): string =>
  step === 'fullSize' ? `${WHAT[step]}: those of 1228 bytes (1248 with IPv6) come through` : `${WHAT[step]}: ${detail}`

function failedText(step: ReachStepName, { detail }: ReachTest, host: string): string {
  switch (step) {
    case 'tcp':
      return `no session from outside (${detail}). Forward the port of --listen to this machine, open it in the firewall, and name the address that others see (${host}) with --announce.`
    case 'udpOut':
      return `the verifier's port and this one did not reach each other (${detail}). Let this machine send UDP from the port of --udp-port, and take the answers.`
    case 'udpIn':
      return `nothing came in at ${detail}. Forward that port to --udp-port of this machine, open it in the firewall, and name it with --udp-announce if it has another number.`
    case 'fullSize':
      return `small datagrams come through, and those of 1228 bytes (1248 with IPv6) do not. Give this line an MTU of at least 1280, and look at tunnels on the way.`
  }
}
