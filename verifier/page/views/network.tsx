/** The health of the network, as the node that serves the page sees it, and the parameters that all nodes share. */
import type { ComponentChildren } from 'preact'
import { ENDPOINTS } from '../../client/index.js'
import type { NetworkFile } from '../../config/network-schema.js'
import type { EpochJson } from '../../evidence/schema/epochs.js'
import type { ProvidersJson } from '../../evidence/schema/providers.js'
import type { StatusJson } from '../../evidence/schema/status.js'
import { rateText, shortHex } from '../../evidence/text/figures.js'
import { get, getNetwork, getOfVerifier } from '../data/answers.js'
import { useLive } from '../data/live.js'
import { useAnswer } from '../data/use-answer.js'
import { parameterText } from '../model/parameter-text.js'
import { Copied } from '../parts/hash.js'
import { Heading } from '../parts/heading.js'
import { Answered } from '../parts/loaded.js'
import { Table } from '../parts/table.js'
import { Term } from '../parts/term.js'
import { Time } from '../parts/time.js'
import { LINK } from '../route.js'

/** Epochs that the health looks back at. */
const BACK_EPOCHS = 50

export function Network() {
  const { phase } = useLive()
  // A phase is news here, unlike elsewhere.
  const loaded = useAnswer(`network ${phase?.epoch} ${phase?.state}`, async signal => {
    const [status, epochs, providers, network] = await Promise.all([
      getOfVerifier(ENDPOINTS.status, signal),
      get(ENDPOINTS.epochs, signal, { limit: BACK_EPOCHS }),
      get(ENDPOINTS.providers, signal, { limit: 1 }),
      getNetwork(),
    ])
    return { status, epochs, providers, network }
  })
  return (
    <>
      <Heading title="Network">Its health, as the node that serves this page sees it.</Heading>
      <Answered of={loaded}>
        {({ status, epochs, providers, network }) => (
          <>
            {status === undefined ? (
              <p class="note">
                A provider's node serves this page. The page of a verifier shows the health of the network.
              </p>
            ) : (
              <Health status={status} epochs={epochs.items} providers={providers} />
            )}
            <Parameters network={network} />
          </>
        )}
      </Answered>
    </>
  )
}

interface HealthProps {
  readonly status: StatusJson
  readonly epochs: readonly EpochJson[]
  readonly providers: ProvidersJson
}

function Health({ status, epochs, providers }: HealthProps) {
  const over = epochs.filter(({ state }) => state !== 'measuring' && state !== 'agreeing')
  const missed = over.filter(({ state }) => state === 'missed')
  const newest = epochs.find(({ report }) => report !== null)?.report
  const isWell = status.chain.fault === null && status.faults.length === 0 && missed.length === 0
  return (
    <>
      <div class={isWell ? 'answer' : 'answer bad'}>
        <p>
          <strong class={isWell ? 'good' : 'bad'}>{isWell ? 'Well' : 'Something is wrong'}</strong>: {status.sentence}
        </p>
        {missed.length > 0 && (
          <p>
            {missed.length} of the last {over.length} epochs have no report:{' '}
            {missed.map(({ epoch }, i) => (
              <>
                {i > 0 && ', '}
                <a href={LINK.epoch(epoch)}>{epoch}</a>
              </>
            ))}
            .
          </p>
        )}
      </div>
      <dl class="parts">
        <Line name={<Term word="epoch">Epoch</Term>}>
          {status.epoch}, {status.state}
        </Line>
        <Line name={<Term word="accepted report">Last report</Term>}>
          {status.tip.epoch === 0 ? 'none yet' : <a href={LINK.epoch(status.tip.epoch)}>epoch {status.tip.epoch}</a>}
        </Line>
        <Line name="Epochs">
          {over.length - missed.length} of the last {over.length} have a report
        </Line>
        <Line name="Signers">
          {newest == null
            ? 'none yet'
            : `${newest.verifiers - newest.nonSigners.length} of ${newest.verifiers} verifiers signed the last report`}
        </Line>
        <Line name="Providers">
          {providers.active} active, which claim {rateText(providers.claimKbps)} together
        </Line>
        <Line name="Chain">
          {status.chain.fault ?? 'answers'}
          {status.tip.blockMs > 0 && (
            <>
              ; newest block at <Time ms={status.tip.blockMs} />
            </>
          )}
          {status.blockAgeMs !== null && `; blocks arrive at an age of ${(status.blockAgeMs / 1000).toFixed(1)} s`}
        </Line>
        <Line name="This verifier">
          index {status.index}, <Copied text={status.account} name="account" />
        </Line>
        <Line name="Connections">{status.peers} nodes</Line>
        <Line name="UDP">
          {status.udp.backend}, port {status.udp.port}, receive buffer of {status.udp.receiveBufferBytes} bytes,{' '}
          {status.udp.overruns} <Term word="overrun">overruns</Term>
        </Line>
      </dl>
      {status.chain.pending.length > 0 && (
        <>
          <h2>Transactions that wait</h2>
          <Table
            caption="Transactions that wait to be mined"
            columns={[
              { key: 'what', title: 'What', cell: ({ what }) => what },
              { key: 'tx', title: 'Transaction', cell: ({ txHash }) => <code title={txHash}>{shortHex(txHash)}</code> },
              { key: 'seconds', title: 'Waits', unit: 's', isFigure: true, cell: ({ seconds }) => seconds },
              { key: 'raises', title: 'Fee raised', unit: 'times', isFigure: true, cell: ({ raises }) => raises },
            ]}
            rows={status.chain.pending}
            keyOf={({ txHash }) => txHash}
            empty=""
          />
        </>
      )}
      {status.offenders.length > 0 && (
        <>
          <h2>Peers that broke a rule</h2>
          <Table
            caption="Peers that broke a rule"
            columns={[
              { key: 'verifier', title: 'Verifier', cell: ({ verifier }) => verifier ?? 'none' },
              { key: 'reason', title: 'What it did', isText: true, cell: ({ reason }) => reason },
              { key: 'count', title: 'Times', isFigure: true, cell: ({ count }) => count },
              { key: 'last', title: 'Last', isWide: true, cell: ({ lastMs }) => <Time ms={lastMs} /> },
              {
                key: 'peer',
                title: 'Peer id',
                isWide: true,
                cell: ({ peer }) => (peer === null ? 'never said' : <code title={peer}>{shortHex(peer)}</code>),
              },
            ]}
            rows={status.offenders}
            keyOf={({ peer, reason }) => `${peer} ${reason}`}
            empty=""
          />
        </>
      )}
    </>
  )
}

const Parameters = ({ network: { name, chainId, contracts, params } }: { network: NetworkFile }) => (
  <>
    <h2>What all nodes share</h2>
    <dl class="parts">
      <Line name="Network">
        {name}, chain {chainId}
      </Line>
      <Line name="Reports">
        <Copied text={contracts.epochReports} name="contract of the reports" />
      </Line>
      <Line name="Slashing">
        <Copied text={contracts.slashingManager} name="contract of the penalties" />
      </Line>
    </dl>
    <details>
      <summary>Parameters</summary>
      <Table
        caption="Parameters"
        columns={[
          { key: 'name', title: 'Name', cell: ([parameter]) => <code>{parameter}</code> },
          {
            key: 'value',
            title: 'Value',
            isFigure: true,
            cell: ([parameter, value]) => parameterText(parameter, value),
          },
        ]}
        rows={Object.entries(params)}
        keyOf={([parameter]) => parameter}
        empty=""
      />
    </details>
  </>
)

const Line = ({ name, children }: { name: ComponentChildren; children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)
