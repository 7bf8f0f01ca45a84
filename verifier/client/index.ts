/**
 * The client of a verifier's HTTP API, for Node.js and for browsers.
 *
 *   const api = connect('http://127.0.0.1:7380')
 *   const { items } = await api.get(ENDPOINTS.providers, { sort: 'score', limit: 10 })
 *   for await (const provider of api.items(ENDPOINTS.providers)) console.log(provider.provider, provider.leaf?.scoreBps)
 *   for await (const event of api.events()) console.log(event)
 *
 * The package exports it as `bandwitness/client`. So this folder, and all that it imports, needs no Node.js.
 */
export { ENDPOINTS, type Endpoint, EVENTS, type RequestOf } from '../evidence/schema/endpoints.js'
export type { EventJson } from '../evidence/schema/events.js'
export type { ProblemJson } from '../evidence/schema/problem.js'
export { type Answer, ApiError, type Unanswered } from './answer.js'
export { type CallOptions, type Client, type ConnectOptions, connect } from './connect.js'
