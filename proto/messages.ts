/** All messages: their types, their limits and their codecs. */
export { type Codec, MessageError, type MessageErrorCode } from './messages/codec.js'
export * from './messages/gossip.js'
export * from './messages/probe.js'
export * from './messages/reach.js'
export * from './messages/relay.js'
export * from './messages/sync.js'
export * from './messages/tokens.js'
export * from './messages/transcript.js'
