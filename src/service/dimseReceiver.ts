import type { Archive } from '../archive/index.ts';
import { MEGABYTE, type Config } from '../config/index.ts';
import { DimseListener, type DimseEvent } from '../dimse/index.ts';
import type { Intake } from './intake.ts';

export interface DimseReceiverOptions {
  config: Pick<Config, 'dimse' | 'limits'>;
  archive: Archive;
  intake: Intake;
  onEvent: (event: DimseEvent) => void;
}

/** The listener of the configuration, not yet started: what it receives lies in the archive, and has a job, before its sender is told so. */
export function dimseReceiver({ config: { dimse, limits }, archive, intake, onEvent }: DimseReceiverOptions): DimseListener {
  const { host, port, aeTitles, callers, tls } = dimse;
  return new DimseListener({
    host,
    port,
    aeTitles,
    ...(callers.length > 0 && { callers: callers.map(({ aeTitle, host: from }) => ({ aeTitle, ...(from !== undefined && { host: from }) })) }),
    ...(tls && { tls: { key: tls.key.reveal(), cert: tls.cert, ...(tls.ca !== undefined && { ca: tls.ca }), requireClientCertificate: tls.ca !== undefined } }),
    folder: archive.incoming,
    limits: { associations: dimse.limits.associations, instanceBytes: limits.instanceMb * MEGABYTE, idleTimeoutMs: dimse.limits.idleSeconds * 1000 },
    async onInstance({ file, calledAeTitle, callingAeTitle }) {
      await intake.received(await archive.add(file, { isOnDisk: true }), { origin: 'dimse', calledAeTitle, callingAeTitle });
    },
    onEvent,
  });
}
