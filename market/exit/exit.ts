/**
 * An exit: where tunnels end, and connections to destinations begin.
 *
 *   relays ══ datagrams ══▶ UDP port ══▶ tunnels ── streams ──▶ session ── metered bytes ──▶ destination
 *                                                     └── payments ──▶ till
 */
import type { MonotonicClock, Payments, RandomSource, VoucherSigner } from '../../probe/ports.js'
import { type Address, type DatagramCounts, ExitTunnels } from '../../probe/tunnel/index.js'
import { TunnelSocket } from '../tunnel-socket.js'
import { ExitSession } from './exit-session.js'
import { type ExitStats, newExitStats } from './exit-stats.js'
import type { ExitIdentity } from './identity.js'
import type { Reaching } from './reaching.js'

export interface ExitOptions extends Address {
  readonly identity: ExitIdentity
  readonly reaching: Reaching
  readonly payments: Payments
  readonly voucherSigner: VoucherSigner
  readonly clock: MonotonicClock
  readonly random: RandomSource
}

export interface Exit {
  readonly port: number
  readonly stats: ExitStats
  /** of the UDP port */
  readonly counts: DatagramCounts
  close(): Promise<void>
}

/** @throws UdpPortError; TunnelError `no-quic` */
export async function openExit({ host, port, identity, ...modules }: ExitOptions): Promise<Exit> {
  const { clock, random } = modules
  const stats = newExitStats()
  let tunnels: ExitTunnels | undefined
  const socket = await TunnelSocket.open({ host, port, clock }, (datagram, source, nowMs) =>
    tunnels?.onDatagram(datagram, source, nowMs),
  )
  try {
    tunnels = await ExitTunnels.open({
      ...{ port: socket, clock, random },
      ...{ key: identity.key, certificate: identity.certificate, certificateKey: identity.certificateKey },
      onTunnel: tunnel => {
        stats.tunnels++
        void tunnel.closed.then(() => stats.tunnels--)
        const session = new ExitSession({ ...modules, stats, onUnpaid: () => tunnel.close('payments ended') })
        tunnel.onStream = stream => void session.serve(stream)
      },
    })
  } catch (error) {
    await socket.close()
    throw error
  }
  return {
    port: socket.port,
    stats,
    counts: tunnels.counts,
    close: async () => {
      tunnels.close('the exit stops')
      await socket.close()
    },
  }
}
