/**
 * The part of dcmjs-dimse 0.3 that Rondo uses. Its own types hide the fields that must be set from outside, and promise of
 * received elements what no peer is bound to: those are `unknown` here.
 */
declare module 'dcmjs-dimse' {
  import type { EventEmitter } from 'node:events';
  import type { Writable } from 'node:stream';

  class Dataset {
    constructor(elements: Record<string, string>, transferSyntaxUid?: string);
    getElement(keyword: string): unknown;
    getTransferSyntaxUid(): string;
    getDenaturalizedDataset(): Buffer;
  }

  class PresentationContext {
    getAbstractSyntaxUid(): string;
    getTransferSyntaxUids(): string[];
    getAcceptedTransferSyntaxUid(): string | undefined;
    getResult(): number;
    setResult(result: number, transferSyntaxUid?: string): void;
    getProviderRole(): boolean | undefined;
    setProviderRole(role: boolean): void;
  }

  class Association {
    constructor(callingAeTitle: string, calledAeTitle: string);
    getCallingAeTitle(): string;
    getCalledAeTitle(): string;
    getMaxPduLength(): number;
    setMaxPduLength(bytes: number): void;
    setNegotiateAsyncOps(negotiate: boolean): void;
    addPresentationContext(abstractSyntaxUid: string): number;
    addTransferSyntaxToPresentationContext(id: number, transferSyntaxUid: string): void;
    getPresentationContexts(): { id: number; context: PresentationContext }[];
  }

  class Request {
    on(event: 'response', listener: (response: Response) => void): this;
    setDataset(dataset: Dataset | undefined): void;
    getAffectedSopClassUid(): unknown;
    getAffectedSopInstanceUid(): unknown;
  }

  class Response {
    getStatus(): unknown;
    setStatus(status: number): void;
    setErrorComment(comment: string): void;
    getDataset(): Dataset | undefined;
  }

  class CEchoRequest extends Request {}
  class CEchoResponse extends Response {
    static fromRequest(request: CEchoRequest): CEchoResponse;
  }
  class CStoreRequest extends Request {
    constructor(dataset: Dataset);
  }
  class CStoreResponse extends Response {
    static fromRequest(request: CStoreRequest): CStoreResponse;
  }
  class CFindRequest extends Request {
    constructor();
  }

  /** One end of an association over a given socket: in spite of its name it asks for associations too. */
  class Scp {
    constructor(socket: EventEmitter & { write(bytes: Buffer): unknown; setTimeout(ms: number): unknown });
    /** The message that is being received, where it is no data set to store. */
    dimseStream: Writable | undefined;
    /** Listeners must take at most one value: those of two are called as if they waited for the next listener. */
    on(event: 'networkError', listener: (error: Error) => void): this;
    on(event: 'associationAccepted', listener: (association: Association) => void): this;
    on(event: 'associationRejected', listener: (rejection: { result: number; source: number; reason: number }) => void): this;
    on(event: 'associationReleaseResponse', listener: () => void): this;
    sendAssociationRequest(association: Association): void;
    sendAssociationAccept(): void;
    sendAssociationReject(result: number, source: number, reason: number): void;
    sendAssociationReleaseRequest(): void;
    sendAssociationReleaseResponse(): void;
    sendRequests(request: Request): void;
    createStoreWritableStream(context: PresentationContext, request: CStoreRequest): Writable;
    createDatasetFromStoreWritableStream(stream: Writable, context: PresentationContext, callback: (dataset: Dataset | undefined) => void): void;
    associationRequested(association: Association): void;
    associationReleaseRequested(): void;
    cEchoRequest(request: CEchoRequest, respond: (response: CEchoResponse) => void): void;
    cStoreRequest(request: CStoreRequest, respond: (response: CStoreResponse) => void): void;
    abort(source: number, reason: number): void;
  }

  const dcmjsDimse: {
    Scp: typeof Scp;
    Dataset: typeof Dataset;
    Implementation: {
      setImplementationClassUid(uid: string): void;
      setImplementationVersion(name: string): void;
      setMaxPduLength(bytes: number): void;
    };
    association: { Association: typeof Association };
    requests: { CEchoRequest: typeof CEchoRequest; CFindRequest: typeof CFindRequest; CStoreRequest: typeof CStoreRequest };
    responses: { CEchoResponse: typeof CEchoResponse; CStoreResponse: typeof CStoreResponse };
    log: { setLevel(level: 'silent', persist: boolean): void };
  };
  export default dcmjsDimse;
  export type { Association, CEchoRequest, CEchoResponse, CFindRequest, CStoreRequest, CStoreResponse, Dataset, PresentationContext, Request, Response, Scp };
}
