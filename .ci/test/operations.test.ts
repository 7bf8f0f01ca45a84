/** The files in docs/operations, as far as this machine can try them. No container engine is needed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { expect } from 'chai'
import { validate } from 'dockerfile-utils'
import { parse } from 'yaml'
import { RUN_OPTIONS } from '../../market/provider/run-options.js'
import { composeFaults } from '../../testnet/compose/test/lint-compose.js'
import { RUN_OPTIONS as VERIFIER_OPTIONS } from '../../verifier/cli/verifier-run.js'
import { EXIT_CODE } from '../../verifier/config/errors.js'

const ROOT = 'docs/operations'
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** After these a person must act first. */
const NO_RESTART = [EXIT_CODE.usage, EXIT_CODE['keys-in-use']]

describe('settings of a node', () => {
  for (const [file, options] of [
    ['config/verifier.yaml', VERIFIER_OPTIONS],
    ['config/provider.yaml', RUN_OPTIONS],
  ] as const) {
    it(`in ${file} are ones that its command takes`, () => {
      const settings = parse(read(file)) as object
      expect(Object.keys(options)).to.include.members(Object.keys(settings))
    })

    it(`in ${file} name the password's file, since nobody is there to type it`, () => {
      expect(parse(read(file)))
        .to.have.property('password-file')
        .which.matches(/^\/etc\/bandwitness\//)
    })
  }
})

describe('units of systemd', () => {
  for (const role of ['verifier', 'provider']) {
    const path = join(ROOT, `systemd/bandwitness-${role}.service`)
    const lines = readFileSync(path, 'utf8').split('\n')
    const setting = (name: string) => lines.find(line => line.startsWith(`${name}=`))?.slice(name.length + 1)

    it(`of a ${role} start it again, but not when a person must act first`, () => {
      expect(setting('Restart')).to.equal('on-failure')
      expect(setting('RestartPreventExitStatus')?.split(' ').map(Number)).to.deep.equal(NO_RESTART)
    })

    it(`of a ${role} give it a user of its own, and one place to write to: that of its settings`, () => {
      expect(setting('User')).to.equal(/^u (\S+)/m.exec(read('systemd/bandwitness.sysusers'))![1])
      expect(setting('ProtectSystem')).to.equal('strict')
      expect(setting('NoNewPrivileges')).to.equal('yes')
      const settings = parse(read(`config/${role}.yaml`)) as Record<string, unknown>
      expect(settings['data-dir']).to.equal(`/var/lib/${setting('StateDirectory')}`)
      expect(setting('ExecStart')).to.match(
        new RegExp(` bandwitness ${role} run --config /etc/bandwitness/${role}.yaml$`),
      )
    })

    it(`of a ${role} are whole, in the words of systemd itself where it is installed`, () => {
      const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
      if ((error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') expect(status, stderr).to.equal(0)
      expect(lines.filter(line => !/^(#.*|\[\w+\]|[A-Z]\w+=.*|)$/.test(line))).to.deep.equal([])
    })
  }
})

describe('the image of a node', () => {
  const dockerfile = read('docker/Dockerfile')
  const instructions = dockerfile.replaceAll('\\\n', ' ').split('\n')

  it('has a Dockerfile without a fault', () => {
    expect(validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).to.deep.equal([])
  })

  it('copies only what is there and is not left out of its context', () => {
    const copied = instructions
      .filter(line => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap(line =>
        line
          .split(' ')
          .filter(word => !/^COPY$|^--/.test(word))
          .slice(0, -1),
      )
      .filter(path => path !== '.')
    const kept = read('docker/Dockerfile.dockerignore')
      .split('\n')
      .flatMap(line => /^!(.+)/.exec(line)?.[1] ?? [])
    for (const path of [...copied, ...kept]) expect(existsSync(path), path).to.equal(true)
    expect(kept).to.include.members(copied)
    // All that the build reads.
    expect(kept).to.include.members(['.ci', 'contracts', 'docs/protocol/glossary.md'])
  })

  /** The program finds its files beside package.json: `contracts/root.ts`. */
  it('holds every folder of the package, and what it depends on', () => {
    const folders = instructions.flatMap(
      line => /^COPY --from=build \/app\/(\S+) \.\/(\S*)$/.exec(line)?.slice(1, 2) ?? [],
    )
    const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly files: readonly string[] }
    const packed = files.filter(pattern => !pattern.startsWith('!'))
    const left = packed.filter(pattern => !folders.some(folder => pattern.startsWith(`${folder}/`)))
    expect(left).to.deep.equal([])
    expect(folders).to.include.members(['package.json', 'node_modules'])
  })

  it('runs as a user without privileges', () => {
    const users = instructions.flatMap(line => /^USER (\S+)/.exec(line)?.[1] ?? [])
    expect(users).to.deep.equal(['node'])
    const last = instructions.findIndex(line => line.startsWith('USER'))
    expect(instructions.slice(last).some(line => line.startsWith('RUN'))).to.equal(false)
  })
})

describe('the compose file', () => {
  interface Service {
    readonly [key: string]: unknown
  }
  const { services } = parse(read('docker/compose.yaml'), { merge: true }) as { services: Record<string, Service> }

  it('runs each kind of node without privileges, and with nothing to write to but its data', () => {
    expect(Object.keys(services)).to.deep.equal(['verifier', 'provider'])
    for (const [role, service] of Object.entries(services)) {
      expect(service.command, role).to.deep.equal([role, 'run', '--config', `/config/${role}.yaml`])
      expect(service.user).to.match(/^[1-9]\d*:[1-9]\d*$/)
      expect(service.read_only).to.equal(true)
      expect(service.cap_drop).to.deep.equal(['ALL'])
      expect(service.security_opt).to.deep.equal(['no-new-privileges:true'])
      expect(service.restart).to.equal('on-failure')
      expect(service.volumes).to.deep.equal([`${role}:/data`, './config:/config:ro'])
    }
  })

  it("is one by the Compose Specification's schema", () => {
    expect(composeFaults(resolve(ROOT, 'docker/compose.yaml'))).to.deep.equal([])
  })
})

describe("the image's entry point", () => {
  const ENTRY_POINT = resolve(ROOT, 'docker/entrypoint.sh')
  let bin: string
  const children: ChildProcess[] = []
  beforeEach(async () => {
    bin = await mkdtemp(join(tmpdir(), 'bandwitness-entrypoint-'))
  })
  afterEach(async () => {
    // Its whole group, with the script that it started.
    for (const child of children.splice(0)) if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL')
    await rm(bin, { recursive: true })
  })

  /** Puts this script into the place of the program. @returns the environment in which it is found */
  async function withProgram(script: string): Promise<NodeJS.ProcessEnv> {
    await writeFile(join(bin, 'bandwitness'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    return { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` }
  }

  async function start(script: string, ...args: string[]): Promise<ChildProcess> {
    const child = spawn('/bin/sh', [ENTRY_POINT, ...args], {
      env: await withProgram(script),
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    })
    children.push(child)
    return child
  }

  it('hands on the exit code, but 0 where a restart of a node would not help', async () => {
    for (const code of [0, ...Object.values(EXIT_CODE)]) {
      const node = await start('exit "$3"', 'verifier', 'run', `${code}`)
      const [ended] = await once(node, 'exit')
      expect(ended, `${code}`).to.equal((NO_RESTART as readonly number[]).includes(code) ? 0 : code)
    }
  })

  it('hands on the exit code of a command that nobody starts again', async () => {
    for (const code of NO_RESTART) {
      const child = await start('exit "$3"', 'verifier', 'init', `${code}`)
      expect((await once(child, 'exit'))[0]).to.equal(code)
    }
  })

  it('hands on what is typed', async () => {
    const child = await start('read -r line; echo "read: $line"', 'verifier', 'init')
    child.stdin!.end('a  password\n')
    const [text] = await once(child.stdout!, 'data')
    expect(String(text)).to.equal('read: a  password\n')
  })

  it('hands on the terminal, at which the program asks for a password', async function () {
    const env = await withProgram('test -t 0 && read -r line && echo "read: $line"; exit 3')
    const terminal = ['--quiet', '--return', '--command', `/bin/sh ${ENTRY_POINT} verifier init`, '/dev/null']
    const { error, status, stdout } = spawnSync('script', terminal, { env, encoding: 'utf8', input: 'a password\n' })
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') this.skip() // not util-linux
    expect(stdout).to.include('read: a password')
    expect(status).to.equal(3)
  })

  it('hands on arguments with spaces', async () => {
    const child = await start('echo "$#:$2"', 'run', 'a  b *')
    const [text] = await once(child.stdout!, 'data')
    expect(String(text)).to.equal('2:a  b *\n')
  })

  it('passes a signal on, and waits until the node has stopped', async () => {
    const child = await start("trap 'sleep 0.2; echo stopped; exit 7' TERM; echo ready; while :; do sleep 0.05; done")
    let text = ''
    child.stdout!.on('data', data => {
      text += data
      if (text === 'ready\n') child.kill('SIGTERM')
    })
    const [code] = await once(child, 'close')
    expect(text).to.equal('ready\nstopped\n')
    expect(code).to.equal(7)
  })
})
