/**
 * The reputation page: its built files, read once and served from memory. Each file has a route of its own, so no path
 * leads to any other file, and none of the API's paths is taken.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

interface PageFile {
  /** `/` for the page itself */
  readonly path: string
  readonly type: string
  readonly body: Buffer
  readonly gzipped: Buffer
  readonly etag: string
  readonly caching: string
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The build names these files by their content. */
const IMMUTABLE = 'public, max-age=31536000, immutable'
/** Asked for again each time, and sent only if it is another. */
const CHECKED = 'no-cache'

const POLICY = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** From the source as well as from its compiled copy in `dist/`. */
const HERE = import.meta.dirname
const COMPILED = HERE.endsWith(join('dist', 'verifier', 'api'))
  ? HERE
  : join(HERE, '..', '..', 'dist', 'verifier', 'api')
const PAGE_FOLDER = join(COMPILED, '..', 'page', 'files')

/** None where the page is not built. @throws for a folder that cannot be read */
export async function pageFiles(folder = PAGE_FOLDER): Promise<PageFile[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return []
      throw cause
    },
  )
  const files = entries.filter(entry => entry.isFile() && extname(entry.name) in TYPES)
  return Promise.all(files.map(({ parentPath, name }) => pageFile(folder, join(parentPath, name))))
}

async function pageFile(folder: string, file: string): Promise<PageFile> {
  const body = await readFile(file)
  const path = `/${relative(folder, file).split(sep).join('/')}`
  return {
    path: path === '/index.html' ? '/' : path,
    type: TYPES[extname(file)]!,
    body,
    gzipped: await promisify(gzip)(body, { level: 9 }),
    etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
    caching: path.startsWith('/assets/') ? IMMUTABLE : CHECKED,
  }
}

export function pageRoutes(app: FastifyInstance, files: readonly PageFile[]): void {
  for (const file of files) {
    app.get(file.path, (request: FastifyRequest, reply: FastifyReply) => {
      reply.headers({ ...POLICY, etag: file.etag, 'cache-control': file.caching, vary: 'accept-encoding' })
      if (request.headers['if-none-match']?.includes(file.etag)) return reply.code(304).send()
      reply.type(file.type)
      if (!/\bgzip\b/.test(`${request.headers['accept-encoding']}`)) return reply.send(file.body)
      return reply.header('content-encoding', 'gzip').send(file.gzipped)
    })
  }
}
