import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonDataset } from '../../src/dicomweb/dicomJson.ts';

const JSON_TYPE = 'application/dicom+json';
const [SOP_INSTANCE, TRANSACTION, STATE, PROGRESS, PERFORMED, OUTPUT] = ['00080018', '00081195', '00741000', '00741002', '00741216', '00404033'];
/** Always given in a search (PS3.4 table CC.2.5-3, return keys of type 1). */
const RETURNED = [SOP_INSTANCE, STATE];
/** Elements of the performed procedure that COMPLETED needs, and of the progress that CANCELED needs (table CC.2.5-3, P and X); of these a sequence may be empty. */
const FINAL: Readonly<Record<string, { sequence: string; elements: readonly string[] }>> = {
  COMPLETED: { sequence: PERFORMED, elements: ['00404028', '00404019', '00404050', '00404051', '00404033'] },
  CANCELED: { sequence: PROGRESS, elements: ['00404052', '0074100E'] },
};
/** What each output of DICOM instances needs (PS3.3 table 10-3b): type, study, series, instances; and one at least of the ways to have it. */
const [OUTPUT_ELEMENTS, OUTPUT_WAYS] = [['0040E020', '0020000D', '0020000E', '00081199'], ['0040E021', '0040E022', '0040E023', '0040E024', '0040E025']];

interface Held {
  dataset: JsonDataset;
  transaction: string | undefined;
}

/**
 * A stand-in for a worklist server, since Debian has none that offers UPS-RS: written from PS3.18 section 11 (search, retrieve, update, change
 * state) and PS3.4 CC.1.1 and CC.2.5, in memory. It is strict: states change by table CC.1.1-2 only, under the transaction UID of the claim, to a
 * final state only when table CC.2.5-3 is met; the transaction UID is never told; what is not in the standard is refused.
 */
export class UpsServer {
  /** Results in one answer at most, whatever is asked for. */
  mostResults = 100;
  readonly #server = createServer((request, response) => { this.#serve(request, response).catch(() => response.destroy()); });
  readonly #held = new Map<string, Held>();
  /** Updates and changes of state that were taken, in their order. */
  readonly taken: { uid: string; payload: JsonDataset }[] = [];

  private constructor() {}

  static async start(): Promise<UpsServer> {
    const ups = new UpsServer();
    await new Promise<void>((resolve, reject) => ups.#server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return ups;
  }

  /** Base URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ups/`;
  }

  /** Puts a workitem on the list, SCHEDULED. */
  schedule(uid: string, dataset: JsonDataset): void {
    this.#held.set(uid, { dataset: { ...dataset, [SOP_INSTANCE]: { vr: 'UI', Value: [uid] }, [STATE]: { vr: 'CS', Value: ['SCHEDULED'] } }, transaction: undefined });
  }

  /** What a person does at the worklist: the state changes, whoever has the workitem. */
  setState(uid: string, state: string): void {
    const held = this.#held.get(uid);
    if (held) held.dataset[STATE] = { vr: 'CS', Value: [state] };
  }

  /** Takes a workitem off the list. */
  remove(uid: string): void {
    this.#held.delete(uid);
  }

  /** A workitem as it is held. */
  workitem(uid: string): JsonDataset {
    return this.#held.get(uid)?.dataset ?? {};
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, results, warning } = this.#answer(request, Buffer.concat(chunks).toString());
    response.writeHead(status, { ...(results ? { 'content-type': JSON_TYPE } : {}), ...(warning === undefined ? {} : { warning: `299 ${this.url}: ${warning}` }) });
    response.end(results && JSON.stringify(results));
  }

  #answer({ method = '', url = '', headers }: IncomingMessage, body: string): Answer {
    const { pathname, search, searchParams } = new URL(url, this.url);
    if (`${method} ${pathname}` === 'GET /ups/workitems') return this.#search(searchParams);
    const [, uid = '', resource = ''] = /^\/ups\/workitems\/([\d.]+)(\/state)?$/.exec(pathname) ?? [];
    const held = this.#held.get(uid);
    if (!held) return { status: 404 };
    if (method === 'GET' && resource === '') return { status: 200, results: [held.dataset] };
    if (headers['content-type'] !== JSON_TYPE) return { status: 415 };
    const payload = JSON.parse(body) as JsonDataset[];
    if (payload.length !== 1) return { status: 400, warning: 'One data set was expected.' };
    if (method !== (resource === '' ? 'POST' : 'PUT')) return { status: 404 };
    const answer = resource === '' ? update(held, search.slice(1), payload[0]) : changeState(held, payload[0]);
    if (answer.status === 200) this.taken.push({ uid, payload: payload[0] });
    return answer;
  }

  #search(query: URLSearchParams): Answer {
    const include = query.getAll('includefield');
    const matches = [...query].filter(([key]) => !['includefield', 'limit', 'offset'].includes(key));
    const found = [...this.#held.values()].filter(({ dataset }) => matches.every(([key, value]) => valuesAt(dataset, key.split('.')).includes(value)));
    const offset = Number(query.get('offset') ?? 0);
    const page = found.slice(offset, offset + Math.min(this.mostResults, Number(query.get('limit') ?? Infinity)));
    if (page.length === 0) return { status: 204 };
    const left = found.length - offset - page.length;
    const results = page.map(({ dataset }) => Object.fromEntries(Object.entries(dataset).filter(([tag]) => [...RETURNED, ...include].includes(tag))));
    return { status: 200, results, warning: left > 0 ? `There are ${left} additional results that can be requested` : undefined };
  }
}

interface Answer {
  status: number;
  results?: JsonDataset[];
  warning?: string | undefined;
}

function valuesAt(dataset: JsonDataset, [tag, ...inner]: readonly string[]): unknown[] {
  const values = dataset[tag]?.Value ?? [];
  return inner.length === 0 ? values : values.flatMap((item) => (typeof item === 'object' && item !== null ? valuesAt(item, inner) : []));
}

function valueOf(dataset: JsonDataset, tag: string): unknown {
  return dataset[tag]?.Value?.[0];
}

const INCONSISTENT: Answer = { status: 409, warning: 'The submitted request is inconsistent with the state of the UPS Instance.' };
const NOT_CLAIMED: Answer = { status: 400, warning: 'The Transaction UID is incorrect.' };

/** PS3.18 11.6, PS3.4 CC.2.6.3. The transaction UID stands in the query by the one, and in the data set by the other: servers look at one of them. */
function update(held: Held, transaction: string, changes: JsonDataset): Answer {
  if (valueOf(held.dataset, STATE) !== 'IN PROGRESS') return INCONSISTENT;
  if (transaction !== held.transaction || valueOf(changes, TRANSACTION) !== transaction) return NOT_CLAIMED;
  // The state is changed by its own transaction only (table CC.2.5-3).
  if (STATE in changes || SOP_INSTANCE in changes) return { status: 400 };
  for (const [tag, element] of Object.entries(changes)) if (tag !== TRANSACTION) held.dataset[tag] = element;
  return { status: 200 };
}

/** PS3.18 11.7, PS3.4 table CC.1.1-2. */
function changeState(held: Held, payload: JsonDataset): Answer {
  const [state, transaction, now] = [valueOf(payload, STATE), valueOf(payload, TRANSACTION), valueOf(held.dataset, STATE)];
  if (Object.keys(payload).length !== 2 || typeof state !== 'string' || typeof transaction !== 'string') return { status: 400, warning: 'The Transaction UID is missing.' };
  if (now === 'SCHEDULED') {
    if (state !== 'IN PROGRESS') return INCONSISTENT;
    held.transaction = transaction;
  } else {
    if (transaction !== held.transaction) return state === 'IN PROGRESS' ? INCONSISTENT : NOT_CLAIMED;
    if (now === state && state !== 'IN PROGRESS') return { status: 200, warning: `The UPS is already in the requested state of ${state}.` };
    if (now !== 'IN PROGRESS' || !(state in FINAL) || !meetsFinalState(held.dataset, state)) return INCONSISTENT;
  }
  held.dataset[STATE] = { vr: 'CS', Value: [state] };
  return { status: 200 };
}

function meetsFinalState(dataset: JsonDataset, state: string): boolean {
  const { sequence, elements } = FINAL[state];
  const item = dataset[sequence]?.Value?.[0];
  return typeof item === 'object' && item !== null && elements.every((tag) => item[tag] !== undefined && (item[tag].vr === 'SQ' || item[tag].Value?.length === 1)) && (item[OUTPUT]?.Value ?? []).every(isOutput);
}

function isOutput(output: unknown): boolean {
  if (typeof output !== 'object' || output === null) return false;
  const has = (tag: string): boolean => ((output as JsonDataset)[tag]?.Value?.length ?? 0) > 0;
  return OUTPUT_ELEMENTS.every(has) && OUTPUT_WAYS.some(has);
}
