/** What clients and exits of the market use. */
export { MODES, type Mode } from './bodies.js'
export type { ClientLeg, LegDeath, LegGrants } from './client-leg.js'
export { ClientTunnel } from './client-tunnel.js'
export { type TunnelEnd, TunnelError } from './errors.js'
export { ExitTunnels } from './exit-tunnels.js'
export type { Address, TunnelPort } from './leg.js'
export { keyPairOf } from './leg-keys.js'
export type { QuicStream } from './quic-stream.js'
