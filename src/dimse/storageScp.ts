import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import type { Association, CEchoRequest, CEchoResponse as EchoResponse, CStoreRequest, CStoreResponse as StoreResponse, Dataset, PresentationContext } from 'dcmjs-dimse';
import { fileMetaInformation } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { addressesOf, plainAddress } from './address.ts';
import { CEchoResponse, CStoreResponse, Scp } from './library.ts';
import type { Caller, DimseEvent, ReceivedInstance } from './listenerOptions.ts';
import { errorOfLibrary, MOST_DATA_BYTES, protocolError } from './pdu.ts';
import type { PduConnection } from './pduConnection.ts';
import { ReceivedFile, type CreateFile } from './receivedFile.ts';
import { CALLED_AE_NOT_RECOGNIZED, CALLING_AE_NOT_RECOGNIZED, describeRejection, describeStatus, LOCAL_LIMIT_EXCEEDED, statusOfError, SUCCESS, type Rejection } from './statuses.ts';
import { ABSTRACT_SYNTAX_NOT_SUPPORTED, CONTEXT_ACCEPTED, NATIVE_SYNTAXES, STORED_CLASSES, STORED_SYNTAXES, TRANSFER_SYNTAXES_NOT_SUPPORTED, VERIFICATION } from './syntaxes.ts';

/** Digits and dots, 64 characters (PS3.5 9.1): nothing that could name a file elsewhere. */
const UID = /^(?=.{1,64}$)\d+(\.\d+)*$/;

export interface StorageSettings {
  aeTitles: readonly string[];
  callers: readonly Caller[] | undefined;
  folder: string;
  mostBytes: number;
  createFile: CreateFile | undefined;
  onInstance: (received: ReceivedInstance) => Promise<void>;
  report: (event: DimseEvent) => void;
  /** Counts one more association, or tells that there are as many as there may be. */
  admit: () => boolean;
}

/** One association in which a peer stores instances with Rondo. */
export class StorageScp extends Scp {
  readonly #connection: PduConnection;
  readonly #settings: StorageSettings;
  readonly #host: string;
  #titles = { callingAeTitle: '', calledAeTitle: '' };
  /** What a PDU set going and is not done yet. */
  #work: Promise<void> = Promise.resolve();
  /** The instance that is arriving or being handed over. */
  #receiving: { file: ReceivedFile; transferSyntaxUid: string; sopClassUid: string; sopInstanceUid: string } | undefined;
  #isHandingOver = false;

  constructor(connection: PduConnection, settings: StorageSettings) {
    super(connection);
    this.#connection = connection;
    this.#settings = settings;
    this.#host = plainAddress(connection.socket.remoteAddress);
    this.on('networkError', (error) => { connection.abort(errorOfLibrary(error)); });
  }

  get isStoring(): boolean {
    return this.#receiving !== undefined;
  }

  /** Whether `onInstance` has an instance. */
  get isHandingOver(): boolean {
    return this.#isHandingOver;
  }

  /** Resolves when nothing stands in the way of the next PDU. */
  async dealtWith(): Promise<void> {
    await this.#work;
    await this.#receiving?.file.drained();
  }

  /** Reports that the connection failed. */
  lose(reason: string, error: unknown): void {
    this.#report('association-lost', reason, this.#receiving?.sopInstanceUid, error);
  }

  /** To be called when the connection is gone: an instance that was still arriving goes too. */
  async abandon(): Promise<void> {
    await this.#work;
    this.#receiving?.file.destroy();
    await this.#receiving?.file.outcome;
    this.#receiving = undefined;
  }

  override associationRequested(association: Association): void {
    this.#do(this.#negotiate(association));
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse();
    this.#connection.end();
  }

  override abort(): void {
    this.#connection.end();
  }

  override cEchoRequest(request: CEchoRequest, respond: (response: EchoResponse) => void): void {
    this.#forgetCommand();
    const response = CEchoResponse.fromRequest(request);
    response.setStatus(SUCCESS);
    respond(response);
  }

  override createStoreWritableStream(context: PresentationContext, request: CStoreRequest): Writable {
    const transferSyntaxUid = context.getAcceptedTransferSyntaxUid();
    const [sopClassUid, sopInstanceUid] = [request.getAffectedSopClassUid(), request.getAffectedSopInstanceUid()];
    if (context.getResult() !== CONTEXT_ACCEPTED || transferSyntaxUid === undefined || sopClassUid !== context.getAbstractSyntaxUid()) throw protocolError('it stores an instance in a presentation context that was not agreed upon');
    if (typeof sopInstanceUid !== 'string' || !UID.test(sopInstanceUid)) throw protocolError('the Affected SOP Instance UID is no UID (PS3.5 9.1)');
    if (this.#receiving) throw protocolError('it stores another instance before it was answered for the last');
    const head = fileMetaInformation({ sopClassUid, sopInstanceUid, transferSyntaxUid, sourceAeTitle: this.#titles.callingAeTitle, receivingAeTitle: this.#titles.calledAeTitle });
    const file = new ReceivedFile(path.join(this.#settings.folder, `${randomUUID()}.dcm`), head, this.#settings.mostBytes, this.#settings.createFile);
    this.#receiving = { file, transferSyntaxUid, sopClassUid, sopInstanceUid };
    return file;
  }

  override createDatasetFromStoreWritableStream(_stream: Writable, _context: PresentationContext, callback: (dataset: Dataset | undefined) => void): void {
    // At once, although the file is not yet whole: until it is told so, the library takes what follows as more of this data set.
    callback(undefined);
  }

  override cStoreRequest(request: CStoreRequest, respond: (response: StoreResponse) => void): void {
    this.#forgetCommand();
    this.#do(this.#store(request, respond));
  }

  async #negotiate(association: Association): Promise<void> {
    this.#titles = { callingAeTitle: association.getCallingAeTitle(), calledAeTitle: association.getCalledAeTitle() };
    const rejection = await this.#rejection();
    if (rejection) {
      this.#report('association-rejected', describeRejection(rejection));
      this.sendAssociationReject(rejection.result, rejection.source, rejection.reason);
      this.#connection.end();
      return;
    }
    for (const { context } of association.getPresentationContexts()) answer(context);
    // Else the library agrees to whatever window the peer proposes, and to PDUs without limit.
    association.setNegotiateAsyncOps(false);
    association.setMaxPduLength(MOST_DATA_BYTES);
    this.#report('association-accepted');
    this.sendAssociationAccept();
  }

  async #rejection(): Promise<Rejection | undefined> {
    if (!this.#settings.aeTitles.includes(this.#titles.calledAeTitle)) return CALLED_AE_NOT_RECOGNIZED;
    if (!(await this.#isKnownCaller())) return CALLING_AE_NOT_RECOGNIZED;
    return this.#settings.admit() ? undefined : LOCAL_LIMIT_EXCEEDED;
  }

  async #isKnownCaller(): Promise<boolean> {
    const { callers } = this.#settings;
    if (!callers) return true;
    for (const { aeTitle, host } of callers) {
      if (aeTitle === this.#titles.callingAeTitle && (host === undefined || (await addressesOf(host)).includes(this.#host))) return true;
    }
    return false;
  }

  async #store(request: CStoreRequest, respond: (response: StoreResponse) => void): Promise<void> {
    const response = CStoreResponse.fromRequest(request);
    const receiving = this.#receiving;
    try {
      if (!receiving) throw new RondoError('instance-not-dicom', 'A store request came without a data set.');
      const { file, ...uids } = receiving;
      const problem = await file.outcome;
      if (problem !== undefined) throw problem as Error;
      this.#isHandingOver = true;
      await this.#settings.onInstance({ ...this.#titles, ...uids, file: file.path, bytes: file.bytes });
      response.setStatus(SUCCESS);
      this.#report('instance-stored', undefined, receiving.sopInstanceUid);
    } catch (error) {
      const status = statusOfError(error);
      const { meaning } = describeStatus(status);
      response.setStatus(status);
      response.setErrorComment(meaning);
      this.#report('instance-refused', error instanceof RondoError ? error.message : meaning, receiving?.sopInstanceUid, error);
    } finally {
      if (receiving) await rm(receiving.file.path, { force: true });
      this.#receiving = undefined;
      this.#isHandingOver = false;
    }
    respond(response);
  }

  #do(work: Promise<void>): void {
    this.#work = work.catch((error: unknown) => { this.#connection.abort(error); });
  }

  /** The library keeps a command without data set, and takes the next one for its continuation. */
  #forgetCommand(): void {
    this.dimseStream = undefined;
  }

  #report(event: DimseEvent['event'], reason?: string, sopInstanceUid?: string, error?: unknown): void {
    this.#settings.report({ event, host: this.#host, ...this.#titles, reason, sopInstanceUid, error });
  }
}

function answer(context: PresentationContext): void {
  const isStored = STORED_CLASSES.includes(context.getAbstractSyntaxUid());
  const accepted = isStored ? STORED_SYNTAXES : context.getAbstractSyntaxUid() === VERIFICATION ? NATIVE_SYNTAXES : [];
  const syntax = accepted.find((each) => context.getTransferSyntaxUids().includes(each));
  if (context.getProviderRole() !== undefined) context.setProviderRole(false);
  if (accepted.length === 0) context.setResult(ABSTRACT_SYNTAX_NOT_SUPPORTED);
  else if (syntax === undefined) context.setResult(TRANSFER_SYNTAXES_NOT_SUPPORTED);
  else context.setResult(CONTEXT_ACCEPTED, syntax);
}
