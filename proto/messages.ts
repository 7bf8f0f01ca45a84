/** All messages: their types, their limits and their codecs. */
export type { Codec } from './messages/codec.js'
export * from './messages/equivocation.js'
export * from './messages/gossip.js'
export {
  BALLOT_HEAD_BYTES,
  MAX_GOSSIP_VOTES,
  MAX_PRESENCES,
  MAX_RECEIPTS,
  MAX_TOKENS_PER_REQUEST,
  MAX_VERIFIERS,
} from './messages/limits.js'
export { MessageError, type MessageErrorCode } from './messages/message-error.js'
export * from './messages/presence.js'
export * from './messages/probe.js'
export * from './messages/reach.js'
export * from './messages/relay.js'
export * from './messages/sync.js'
export * from './messages/tokens.js'
export * from './messages/transcript.js'
