/** The stream of events. What happens is looked for only while somebody listens, and a slow listener is dropped. */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { EVENTS } from '../evidence/schema/endpoints.js'
import type { EventJson } from '../evidence/schema/events.js'
import { Problem } from './problem.js'
import { askedOf, pathIn } from './route.js'

export interface EventOptions {
  /** how often somebody looks whether something has happened */
  readonly lookMs: number
  /** a comment goes out as often, so that a listener knows that the node is still there */
  readonly heartbeatMs: number
  readonly maxListeners: number
  /** what may wait for a listener to read it */
  readonly maxWaitingBytes: number
}

export const EVENT_OPTIONS: EventOptions = {
  lookMs: 500,
  heartbeatMs: 15_000,
  maxListeners: 64,
  maxWaitingBytes: 64 * 1024,
}

export interface EventSource {
  /** What has happened since the last look; at the first, the newest report. Never rejects. */
  look(): Promise<readonly EventJson[]>
  /** Where things stand, for a new listener: the phase, and the last report that others were told. */
  now(): readonly EventJson[]
}

/** @param open a source of what happens from now on */
export function eventRoutes(app: FastifyInstance, open: () => EventSource, options: EventOptions): void {
  const listeners = new Set<ServerResponse>()
  let timers: NodeJS.Timeout[] = []
  let source = open()
  let isLooking = false

  const send = (text: string, to: Iterable<ServerResponse> = listeners) => {
    for (const listener of to) {
      if (listener.writableLength > options.maxWaitingBytes) listener.destroy()
      else listener.write(text)
    }
  }
  const look = async () => {
    if (isLooking) return
    isLooking = true
    const happened = await source.look()
    isLooking = false
    if (happened.length > 0) send(happened.map(textOf).join(''))
  }
  const start = () => {
    source = open()
    timers = [setInterval(look, options.lookMs), setInterval(() => send(':\n\n'), options.heartbeatMs)]
  }
  const stop = () => {
    for (const timer of timers) clearInterval(timer)
  }

  app.get(pathIn(EVENTS), { exposeHeadRoute: false }, (request, reply) => {
    askedOf(EVENTS, request)
    if (listeners.size >= options.maxListeners)
      throw new Problem(
        'overloaded',
        `${listeners.size} listeners are all that this node serves. Ask another verifier.`,
      )
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'close' })
    raw.on('error', () => undefined)
    raw.once('close', () => {
      listeners.delete(raw)
      if (listeners.size === 0) stop()
    })
    if (listeners.size === 0) start()
    listeners.add(raw)
    send(`:\n\n${source.now().map(textOf).join('')}`, [raw])
  })

  app.addHook('preClose', () => {
    stop()
    for (const listener of listeners) listener.end()
  })
}

const textOf = (event: EventJson): string => `event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`
