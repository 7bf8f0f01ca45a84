/**
 * Lets other commands of this user act on the nodes of a running testnet: over a Unix domain socket in a directory that
 * only this user can look into. A request is one line of JSON, and so is its answer.
 */
import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { UserError } from '../../verifier/config/errors.js'
import { parseJson } from '../../verifier/config/parse-json.js'
import type { Nodes } from './nodes.js'

/** Those that need no more than a name. */
export const PLAIN_ACTIONS = ['stop', 'start', 'pause', 'resume', 'kill', 'cut-off', 'mend'] as const

/** Each epoch that is skipped is asked for afterwards. */
export const MAX_WARP_SECONDS = 86_400

/** Longer than any node waits for another. */
export const MAX_DELAY_MS = 60_000

const requestSchema = z.union([
  z.strictObject({ action: z.enum(PLAIN_ACTIONS), name: z.string() }),
  z.strictObject({ action: z.literal('slow'), name: z.string(), rateKbps: z.int().positive() }),
  z.strictObject({ action: z.literal('delay'), name: z.string(), ms: z.int().positive().max(MAX_DELAY_MS) }),
  z.strictObject({ action: z.literal('warp'), seconds: z.int().positive().max(MAX_WARP_SECONDS) }),
  z.strictObject({ action: z.literal('snapshot') }),
  z.strictObject({ action: z.literal('revert'), snapshot: z.int().positive().nullable() }),
  z.strictObject({ action: z.literal('add'), role: z.string(), profile: z.string() }),
])
/** What a testnet is asked for; it names nodes as `status` does. */
export type ControlRequest = z.infer<typeof requestSchema>

/** `done`: the node's name; for a warp, the epoch that runs now; for `snapshot` and `revert`, the snapshot's number */
const answerSchema = z.union([z.strictObject({ done: z.string() }), z.strictObject({ fault: z.string() })])
type Answer = z.infer<typeof answerSchema>

/** A request is far shorter. */
const LONGEST_REQUEST = 1024
/** A node that stops gives back its keys and its database first. */
const ANSWER_MS = 60_000

/** What concerns the network as a whole. */
export interface NetworkActions {
  /** Adds a node of a role and a profile. @returns its name */
  add(role: string, profile: string): Promise<string>
  /** Sets the time of the chain and of all nodes forward. @returns the epoch that runs then */
  warp(seconds: number): Promise<number>
  /** @returns its number */
  snapshot(): Promise<number>
  /** @param snapshot null for the newest. @returns its number */
  revert(snapshot: number | null): Promise<number>
}

type ActRequest = Exclude<ControlRequest, { readonly action: 'add' | keyof NetworkActions }>

type ControlledNodes = Pick<
  Nodes,
  'stop' | 'start' | 'stopped' | 'pause' | 'resume' | 'kill' | 'cutOff' | 'delay' | 'slow' | 'mend'
>

export class Control {
  readonly #server: Server
  readonly #open = new Set<Socket>()

  private constructor(
    private readonly nodes: ControlledNodes,
    private readonly network: NetworkActions,
  ) {
    this.#server = createServer(socket => {
      this.#open.add(socket)
      socket.on('error', () => {}) // it went away
      socket.on('close', () => this.#open.delete(socket))
      void this.#serve(socket)
    })
  }

  /** @param path of the socket */
  static async open(path: string, nodes: ControlledNodes, network: NetworkActions): Promise<Control> {
    const control = new Control(nodes, network)
    control.#server.listen(path)
    await once(control.#server, 'listening')
    return control
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#open) socket.destroy()
    await closed
  }

  async #serve(socket: Socket): Promise<void> {
    const line = await firstLine(socket)
    if (line === undefined) return void socket.destroy()
    socket.end(`${JSON.stringify(await this.#answer(line))}\n`)
  }

  async #answer(line: string): Promise<Answer> {
    const request = requestSchema.safeParse(parseJson(line))
    if (!request.success) return { fault: 'The test network does not understand the request.' }
    try {
      const asked = request.data
      if (asked.action === 'add') return { done: await this.network.add(asked.role, asked.profile) }
      if (asked.action === 'warp') return { done: String(await this.network.warp(asked.seconds)) }
      if (asked.action === 'snapshot') return { done: String(await this.network.snapshot()) }
      if (asked.action === 'revert') return { done: String(await this.network.revert(asked.snapshot)) }
      await this.#act(asked)
      return { done: asked.name }
    } catch (error) {
      return { fault: (error as Error).message }
    }
  }

  async #act(request: ActRequest): Promise<void> {
    const { action, name } = request
    if (action === 'start') this.nodes.start(name)
    else if (this.nodes.stopped.has(name)) throw new UserError('usage', `${name} is stopped. Start it first.`)
    else if (action === 'slow') await this.nodes.slow(name, request.rateKbps)
    else if (action === 'delay') this.nodes.delay(name, request.ms)
    else if (action === 'cut-off') this.nodes.cutOff(name)
    else await this.nodes[action](name)
  }
}

/** Undefined if the stream ends or goes on for too long before. */
async function firstLine(socket: Socket): Promise<string | undefined> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8')
    const end = text.indexOf('\n')
    if (end >= 0) return text.slice(0, end)
    if (text.length > LONGEST_REQUEST) return undefined
  }
  return undefined
}

/** @returns what was done. @throws UserError 'usage' with what the testnet says */
export async function askControl(path: string, request: ControlRequest): Promise<string> {
  const socket = createConnection(path)
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`it gave no answer in ${ANSWER_MS / 1000} s`)))
  try {
    await once(socket, 'connect')
    socket.write(`${JSON.stringify(request)}\n`)
    let answer: Answer | undefined
    for await (const line of createInterface({ input: socket })) answer ??= answerSchema.parse(parseJson(line))
    if (answer === undefined) throw new Error('it gave no answer')
    if ('fault' in answer) throw new UserError('usage', answer.fault)
    return answer.done
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    throw new UserError('usage', `The test network cannot be asked: ${(cause as Error).message}. Is it about to end?`, {
      cause,
    })
  } finally {
    socket.destroy()
  }
}
